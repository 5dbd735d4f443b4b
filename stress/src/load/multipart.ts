/**
 * Multipart/form-data bodies, each in one buffer. The buffers are used again: with fresh ones of 100 kB for every sending,
 * half of a client's CPU went into collecting them, on the very machine that was measured.
 */
import { type Image, imageParts } from './images.js';

const BOUNDARY = 'scry-stress-7f3a91c0d5e84b26';
const TAIL = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
/** Sizes are rounded up to this, so that a buffer fits most images of a kind. */
const STEP_BYTES = 64 * 1024;

export const MULTIPART_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** Source of the form: RFC 7578. */
function beginning(fields: Readonly<Record<string, string>>, image: Image): Buffer {
  let head = '';
  for (const [name, value] of Object.entries(fields)) {
    head += `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  }
  const fileName = image.name.replace(/["\r\n\\]/g, '_');
  head += `--${BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="${fileName}"\r\n`;
  head += `Content-Type: ${image.mime}\r\n\r\n`;
  return Buffer.from(head);
}

/** Owns the buffers that no request uses now. */
export class MultipartBodies {
  readonly #free: Buffer[] = [];

  /**
   * Makes a body.
   * @param fields sent before the image, in order
   * @returns a part of a buffer that is the caller's until it is given back
   */
  make(fields: Readonly<Record<string, string>>, image: Image): Buffer {
    const parts = [beginning(fields, image), ...imageParts(image), TAIL];
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    const buffer = this.#take(bytes);
    let at = 0;
    for (const part of parts) at += part.copy(buffer, at);
    return buffer.subarray(0, bytes);
  }

  /** Only when nobody reads it any more: the request was answered. */
  giveBack(body: Buffer): void {
    this.#free.push(Buffer.from(body.buffer, 0, body.buffer.byteLength));
  }

  #take(bytes: number): Buffer {
    const last = this.#free.pop();
    if (last && last.length >= bytes) return last;
    return Buffer.allocUnsafeSlow(Math.ceil(bytes / STEP_BYTES) * STEP_BYTES);
  }
}
