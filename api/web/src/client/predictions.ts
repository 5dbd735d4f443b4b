/** The API's calls about predictions. */
import type { PredictionView, Status } from '@scry/shared/contracts/prediction';
import { key } from '../state/settings.js';
import { readEvents } from './events.js';
import { authorization, failureOf, forgetRefusedKey, getJson, RequestFailed } from './http.js';
import { backoff, pause } from './pause.js';

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

/** Sends an image; fetch cannot tell how far an upload is, XMLHttpRequest can. @throws RequestFailed, AbortError */
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
  const sent = key.value;
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open('PUT', predictionPath(id));
    call.setRequestHeader('Accept', 'application/json');
    for (const [header, value] of Object.entries(authorization(sent))) call.setRequestHeader(header, value);
    call.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    call.onload = () => {
      if (call.status >= 200 && call.status < 300)
        return resolve(JSON.parse(call.responseText) as PredictionView);
      const again = { id, file, name, model, wishes, onProgress, signal };
      if (forgetRefusedKey(call.status, sent)) return resolve(upload(again));
      reject(failureOf(call.status, call.responseText, call.getResponseHeader('Retry-After')));
    };
    call.onerror = () => reject(new RequestFailed(0));
    call.onabort = () => reject(new DOMException('aborted', 'AbortError'));
    signal.addEventListener('abort', () => call.abort(), { once: true });
    call.send(form);
  });
}

/** How long one poll may be held by the server, seconds. */
const HOLD_S = 10;
/** Least time between two polls, for servers or proxies that answer at once, milliseconds. */
const POLL_MS = 500;

/**
 * Follows a prediction to its end: by events while they come, else by long polls. A server that goes away is waited for.
 * @param onChange told of every state seen, the last included
 * @throws RequestFailed (404, 401, …), AbortError
 */
export async function follow(
  id: string,
  onChange: (prediction: PredictionView) => void,
  signal: AbortSignal,
): Promise<void> {
  let ended = false;
  const see = (prediction: PredictionView) => {
    ended = hasEnded(prediction);
    onChange(prediction);
  };
  try {
    for await (const { data } of readEvents(`${predictionPath(id)}/events`, signal)) {
      see(JSON.parse(data) as PredictionView);
      if (ended) return;
    }
  } catch (error) {
    // A refusal is an answer; a stream that broke or was kept back by a proxy is what polling is for.
    if (signal.aborted || (error instanceof RequestFailed && !error.canPass)) throw error;
  }
  await poll(id, () => ended, see, signal);
}

/** Asks until the prediction has ended, however long the server cannot be reached meanwhile. */
async function poll(
  id: string,
  hasEnded: () => boolean,
  see: (prediction: PredictionView) => void,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!hasEnded()) {
    try {
      see(await getJson<PredictionView>(`${predictionPath(id)}?wait=${HOLD_S}`, signal));
      failures = 0;
      if (!hasEnded()) await pause(POLL_MS, signal);
    } catch (error) {
      if (!(error instanceof RequestFailed && error.canPass)) throw error;
      failures += 1;
      await pause(Math.max(backoff(failures), (error.retryAfterS ?? 0) * 1000), signal);
    }
    if (signal.aborted) throw new DOMException('aborted', 'AbortError');
  }
}

/** Crockford's base 32. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A new id, a ULID as the server makes them: the time, then 80 random bits. */
export function newPredictionId(): string {
  const time = Array.from({ length: 10 }, (_, place) => Math.floor(Date.now() / 32 ** (9 - place)) % 32);
  const random = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte % 32);
  return [...time, ...random].map((digit) => DIGITS[digit]).join('');
}
