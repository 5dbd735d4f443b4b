/**
 * The images that were given to the page since it was opened. Owns them, their uploads and their followers.
 *
 *     waiting ──▶ uploading ──▶ sent (its prediction tells the rest)
 *        └───────────┴────────▶ refused (error) ──▶ waiting, when sent again
 */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { RequestFailed, request } from '../client/http.js';
import { follow, hasEnded, predictionPath, upload, type Wishes } from '../client/predictions.js';
import { announce } from '../parts/announcer.js';
import { percent, texts } from '../texts/index.js';
import { Observable } from './observable.js';

export interface Item {
  readonly key: number;
  readonly name: string;
  readonly file: Blob;
  /** An object: URL of the file, for showing it before and while it is answered. */
  readonly url: string;
  readonly model: string | null;
  readonly wishes: Wishes;
  readonly phase: 'waiting' | 'uploading' | 'sent' | 'refused';
  /** Of the upload, 0 to 1. */
  readonly progress: number;
  readonly prediction: PredictionView | null;
  readonly error: RequestFailed | null;
}

/** Browsers open six connections to a server; two stay free for images and everything else. */
const AT_ONCE = 4;

export const items = new Observable<readonly Item[]>([]);
/** Key of the item shown. */
export const selected = new Observable<number | null>(null);

let lastKey = 0;
const running = new Map<number, AbortController>();

function change(key: number, changes: Partial<Item>): void {
  items.value = items.value.map((item) => (item.key === key ? { ...item, ...changes } : item));
}

const find = (key: number): Item | undefined => items.value.find((item) => item.key === key);

/** Takes images in and begins to send them; the first becomes the one shown. */
export function add(
  files: readonly { file: Blob; name: string }[],
  model: string | null,
  wishes: Wishes,
): void {
  const added = files.map(({ file, name }): Item => {
    lastKey += 1;
    const url = URL.createObjectURL(file);
    const start = { phase: 'waiting', progress: 0, prediction: null, error: null } as const;
    return { key: lastKey, name, file, url, model, wishes, ...start };
  });
  items.value = [...added, ...items.value];
  if (added[0]) selected.value = added[0].key;
  startNext();
}

/** Takes an item off the list; what the server has of it stays there. */
export function remove(key: number): void {
  const item = find(key);
  if (!item) return;
  running.get(key)?.abort();
  items.value = items.value.filter((other) => other.key !== key);
  if (selected.value === key) selected.value = items.value[0]?.key ?? null;
  URL.revokeObjectURL(item.url);
}

export function clear(): void {
  for (const { key } of items.value) remove(key);
}

/** Sends an image again, as it was asked for. */
export function again(key: number): void {
  change(key, { phase: 'waiting', progress: 0, prediction: null, error: null });
  startNext();
}

/** Stops an upload, or asks the server to cancel what it has not answered yet. */
export async function cancel(key: number): Promise<void> {
  const item = find(key);
  if (!item) return;
  if (!item.prediction) {
    remove(key);
    return;
  }
  try {
    const response = await request(`${predictionPath(item.prediction.prediction_id)}/cancel`, {
      method: 'POST',
    });
    change(key, { prediction: (await response.json()) as PredictionView });
  } catch (error) {
    change(key, { error: asFailure(error) });
  }
}

function asFailure(error: unknown): RequestFailed {
  return error instanceof RequestFailed ? error : new RequestFailed(-1, '');
}

function startNext(): void {
  const oldestFirst = [...items.value].sort((one, other) => one.key - other.key);
  for (const item of oldestFirst) {
    if (running.size >= AT_ONCE) return;
    if (item.phase === 'waiting' && !running.has(item.key)) void run(item);
  }
}

async function run(item: Item): Promise<void> {
  const { key } = item;
  const stop = new AbortController();
  running.set(key, stop);
  try {
    change(key, { phase: 'uploading' });
    const onProgress = (progress: number) => change(key, { progress });
    const prediction = await upload({ ...item, onProgress, signal: stop.signal });
    change(key, { phase: 'sent', prediction });
    if (!hasEnded(prediction)) {
      await follow(prediction.prediction_id, (seen) => change(key, { prediction: seen }), stop.signal);
    }
    tell(key);
  } catch (error) {
    if (!stop.signal.aborted) {
      change(key, { error: asFailure(error), ...(find(key)?.prediction ? {} : { phase: 'refused' }) });
    }
  } finally {
    running.delete(key);
    startNext();
  }
}

/** What came out, in a sentence. */
function outcomeOf({ status, output, error }: PredictionView): string {
  const t = texts();
  const best = output?.predictions[0];
  if (status !== 'succeeded' || !output) return `${t.state[status]}. ${error?.message ?? ''}`;
  if (!best) return t.result.nothing;
  return best.bbox
    ? t.result.objects(output.predictions.length)
    : `${best.class_name}, ${percent(best.confidence)}`;
}

function tell(key: number): void {
  const item = find(key);
  if (item?.prediction) announce(`${item.name}: ${outcomeOf(item.prediction)}`);
}
