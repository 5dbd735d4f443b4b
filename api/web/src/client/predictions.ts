/** The API's calls about predictions. */
import type { PredictionView, Status } from '@scry/shared/contracts/prediction';
import { readEvents } from './events.js';
import { authorization, getJson, problemSentence, RequestFailed } from './http.js';

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
  readonly file: Blob;
  readonly name: string;
  readonly model: string | null;
  readonly wishes: Wishes;
  /** Told how much has left this computer, 0 to 1. */
  readonly onProgress: (fraction: number) => void;
  readonly signal: AbortSignal;
}

/** Sends an image; fetch cannot tell how far an upload is, XMLHttpRequest can. @throws RequestFailed, AbortError */
export function upload({ file, name, model, wishes, onProgress, signal }: Upload): Promise<PredictionView> {
  const form = new FormData();
  if (model) form.set('model', model);
  for (const [field, value] of Object.entries(wishes)) form.set(field, String(value));
  form.set('image', file, name); // last, so that the server knows the rest before the bytes come
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open('POST', '/v1/predictions');
    call.setRequestHeader('Accept', 'application/json');
    for (const [header, value] of Object.entries(authorization())) call.setRequestHeader(header, value);
    call.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    call.onload = () => {
      if (call.status >= 200 && call.status < 300)
        return resolve(JSON.parse(call.responseText) as PredictionView);
      const wait = Number.parseInt(call.getResponseHeader('Retry-After') ?? '', 10);
      reject(
        new RequestFailed(call.status, problemSentence(call.responseText), Number.isNaN(wait) ? null : wait),
      );
    };
    call.onerror = () => reject(new RequestFailed(0, ''));
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
 * Follows a prediction to its end: by events while they come, else by long polls.
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
    if (signal.aborted || (error instanceof RequestFailed && error.status !== 0)) throw error;
  }
  while (!ended) {
    const [prediction] = await Promise.all([
      getJson<PredictionView>(`${predictionPath(id)}?wait=${HOLD_S}`, signal),
      new Promise((resolve) => setTimeout(resolve, POLL_MS)),
    ]);
    see(prediction);
  }
}
