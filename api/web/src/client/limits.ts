/** What uploads may be, asked once: a file that would be refused need not be sent. */
import { imageFormat } from '@scry/shared/imaging/format';
import { getJson } from './http.js';

interface Limits {
  readonly max_upload_bytes: number;
  readonly max_model_bytes: number;
  readonly image_urls: boolean;
}

/** Bytes that tell a format, as in shared/src/imaging/format.ts. */
const HEAD_BYTES = 64;

let asked: Promise<Limits | null> | null = null;

/** Null while the server cannot say: it checks again anyway. */
function limits(): Promise<Limits | null> {
  asked ??= getJson<Limits>('/v1/limits').catch(() => {
    asked = null;
    return null;
  });
  return asked;
}

export type Refusal = { readonly reason: 'type' } | { readonly reason: 'size'; readonly maxBytes: number };

/** Why a file cannot be sent, or null. A file is what its first bytes say, never its name. */
export async function refusalOf(file: Blob): Promise<Refusal | null> {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  if (imageFormat(head) === null) return { reason: 'type' };
  const maxBytes = (await limits())?.max_upload_bytes ?? Number.POSITIVE_INFINITY;
  return file.size > maxBytes ? { reason: 'size', maxBytes } : null;
}

/** Most bytes that the files of a model may have; infinite while the server cannot say. */
export async function mostModelBytes(): Promise<number> {
  return (await limits())?.max_model_bytes ?? Number.POSITIVE_INFINITY;
}

/** Whether the server fetches images from addresses. */
export async function takesAddresses(): Promise<boolean> {
  return (await limits())?.image_urls ?? false;
}
