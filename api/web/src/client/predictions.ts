/** The API's calls about predictions. */
import type { PredictionView, Status } from '@scry/shared/contracts/prediction';
import { follow as followTo } from './follow.js';
import { request } from './http.js';
import { sendForm } from './send-form.js';

export const predictionPath = (id: string): string => `/v1/predictions/${encodeURIComponent(id)}`;

const ENDS: readonly Status[] = ['succeeded', 'failed', 'canceled', 'expired'];
export const hasEnded = (prediction: PredictionView): boolean => ENDS.includes(prediction.status);

/** What a person may set before asking; left out means: as the model's manifest says. */
export interface Wishes {
  readonly top_k?: number;
  readonly threshold?: number;
  readonly iou?: number;
}

export interface Upload {
  /** The prediction's, made here: sending the same again makes no second prediction. */
  readonly id: string;
  readonly file: Blob;
  readonly name: string;
  readonly model: string | null;
  readonly wishes: Wishes;
  /** Told how much has left this computer, 0 to 1. */
  readonly onProgress: (fraction: number) => void;
  readonly signal: AbortSignal;
}

/** Sends an image. @throws RequestFailed, AbortError */
export function upload({
  id,
  file,
  name,
  model,
  wishes,
  onProgress,
  signal,
}: Upload): Promise<PredictionView> {
  const form = new FormData();
  if (model) form.set('model', model);
  for (const [field, value] of Object.entries(wishes)) form.set(field, String(value));
  form.set('image', file, name); // last, so that the server knows the rest before the bytes come
  return sendForm({ method: 'PUT', path: predictionPath(id), form, onProgress, signal });
}

export interface Question extends Pick<Upload, 'id' | 'model' | 'wishes' | 'signal'> {
  /** The prediction whose image is meant, or the image's address, which the server fetches. */
  readonly image: { readonly from: string } | { readonly image_url: string };
}

/** Asks about an image that is not sent. @throws RequestFailed (404, 410, 422: it cannot be had), AbortError */
export async function askAbout({ id, image, model, wishes, signal }: Question): Promise<PredictionView> {
  const response = await request(predictionPath(id), {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ ...image, ...(model ? { model } : {}), ...wishes }),
    signal,
  });
  return (await response.json()) as PredictionView;
}

/** Follows a prediction to its end; `onChange` is told of every state. @throws RequestFailed (404, 401, …), AbortError */
export const follow = (
  id: string,
  onChange: (prediction: PredictionView) => void,
  signal: AbortSignal,
): Promise<void> => followTo({ path: predictionPath(id), hasEnded, onChange, signal });

/** Crockford's base 32. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A new id, a ULID as the server makes them: the time, then 80 random bits. */
export function newPredictionId(): string {
  const time = Array.from({ length: 10 }, (_, place) => Math.floor(Date.now() / 32 ** (9 - place)) % 32);
  const random = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte % 32);
  return [...time, ...random].map((digit) => DIGITS[digit]).join('');
}
