/**
 * The images of this tab. Owns them, their uploads and their followers; what was sent survives a reload.
 *
 *     waiting ──▶ uploading ──▶ sent (its prediction tells the rest)
 *        ▲   └───────┬────────▶ refused (error) ──▶ waiting, when sent again
 *        └───────────┘ the server cannot now: tried again later, under the same id
 */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { RequestFailed, request } from '../client/http.js';
import { backoff, pause } from '../client/pause.js';
import {
  askAbout,
  hasEnded,
  newPredictionId,
  predictionPath,
  upload,
  type Wishes,
} from '../client/predictions.js';
import { announce } from '../parts/announcer.js';
import { outcomeOf } from '../parts/outcome.js';
import { texts } from '../texts/index.js';
import { lookAt, untilEnded } from './following.js';
import { Observable } from './observable.js';
import { key as apiKey } from './settings.js';
import { recall, remember, session } from './storage.js';

export interface Item {
  readonly key: number;
  readonly name: string;
  /** Whether a file of this name lies on this computer. */
  readonly isFile: boolean;
  /** The prediction's. */
  readonly id: string;
  /** Null after a reload, and where another prediction's image is meant: the server has it. */
  readonly file: Blob | null;
  /** The prediction whose image is asked about again. */
  readonly from: string | null;
  /** Where the server fetches the image from. */
  readonly address: string | null;
  /** An object: URL of the file, for showing it before and while it is answered. */
  readonly url: string | null;
  readonly model: string | null;
  readonly wishes: Wishes;
  readonly phase: 'waiting' | 'uploading' | 'sent' | 'refused';
  /** Of the upload, 0 to 1. */
  readonly progress: number;
  readonly prediction: PredictionView | null;
  /** Why it was refused; while it is waiting, why it could not be sent yet. */
  readonly error: RequestFailed | null;
}

/** Browsers open six connections to a server; two are for following (following.ts), one stays free for all else. */
const AT_ONCE = 3;
/** Attempts to send an image that nothing answers to: about fifteen seconds. A server that says when is asked for ever. */
const MOST_ATTEMPTS = 6;
/** Images remembered over a reload. */
const KEPT = 100;
const STORED = 'scry.list';

export const items = new Observable<readonly Item[]>([]);
/** Key of the item shown. */
export const selected = new Observable<number | null>(null);

let lastKey = 0;
const running = new Map<number, AbortController>();
let sending = 0;
/** performance.now() before which nothing is sent, because the server said so. */
let heldUntil = 0;

function change(key: number, changes: Partial<Item>): void {
  items.value = items.value.map((item) => (item.key === key ? { ...item, ...changes } : item));
}

const find = (key: number): Item | undefined => items.value.find((item) => item.key === key);

interface Added {
  readonly file: Blob;
  readonly name: string;
  readonly isFile: boolean;
}

const FRESH = { phase: 'waiting', progress: 0, prediction: null, error: null } as const;

/** Takes images in and begins to send them; the first becomes the one shown. */
export function add(files: readonly Added[], model: string | null, wishes: Wishes): void {
  const added = files.map((file): Item => {
    lastKey += 1;
    const url = URL.createObjectURL(file.file);
    return {
      key: lastKey,
      id: newPredictionId(),
      ...file,
      from: null,
      address: null,
      url,
      model,
      wishes,
      ...FRESH,
    };
  });
  items.value = [...added, ...items.value];
  if (added[0]) selected.value = added[0].key;
  startNext();
}

/** Asks about an image that the server has, which is not sent again. The new item becomes the one shown. */
export function addFrom(earlier: string, name: string, model: string | null, wishes: Wishes): void {
  lastKey += 1;
  const source = items.value.find(({ id }) => id === earlier);
  const file = source?.file ?? null;
  const url = file && URL.createObjectURL(file);
  const isFile = source?.isFile ?? false;
  const id = newPredictionId();
  const shown = { file, from: earlier, address: null, url };
  begin({ key: lastKey, id, name, isFile, ...shown, model, wishes, ...FRESH });
}

/** Has the server fetch an image. The new item becomes the one shown. */
export function addAddress(address: string, model: string | null, wishes: Wishes): void {
  lastKey += 1;
  const { host, pathname } = new URL(address);
  const name = pathname.split('/').findLast((part) => part !== '') ?? host;
  const source = { isFile: false, file: null, from: null, address, url: null };
  begin({ key: lastKey, id: newPredictionId(), name, ...source, model, wishes, ...FRESH });
}

function begin(item: Item): void {
  items.value = [item, ...items.value];
  selected.value = item.key;
  startNext();
}

/** Takes an item off the list; what the server has of it stays there. */
export function remove(key: number): void {
  const place = items.value.findIndex((item) => item.key === key);
  const item = items.value[place];
  if (!item) return;
  running.get(key)?.abort();
  items.value = items.value.filter((other) => other.key !== key);
  if (selected.value === key) selected.value = (items.value[place] ?? items.value.at(-1))?.key ?? null;
  if (item.url) URL.revokeObjectURL(item.url);
}

export function clear(): void {
  for (const { key } of items.value) remove(key);
}

/** Sends a refused image again under the same id: what the server has already is not made twice. */
export function again(key: number): void {
  const item = find(key);
  if (item?.phase !== 'refused') return;
  change(key, item.file || item.from || item.address ? FRESH : { phase: 'sent', error: null });
  startNext();
}

/** Sends everything again that was refused for a reason that may have passed. */
export function againAll(): void {
  for (const { key, error, phase } of items.value)
    if (phase === 'refused' && (error?.canPass || error?.needsKey)) again(key);
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
    const response = await request(`${predictionPath(item.id)}/cancel`, { method: 'POST' });
    change(key, { prediction: (await response.json()) as PredictionView });
  } catch (error) {
    announce(texts().errors.unknown);
    if (!(error instanceof RequestFailed)) throw error;
  }
}

/** Brings back what this tab had sent before it was loaded again. */
export function restore(): void {
  const stored = JSON.parse(recall(session, STORED) ?? '[]') as Pick<Item, 'id' | 'name' | 'isFile'>[];
  const unknown = { file: null, from: null, address: null, url: null, model: null, wishes: {} } as const;
  items.value = stored.map((kept): Item => {
    lastKey += 1;
    return { ...kept, key: lastKey, ...unknown, ...FRESH, phase: 'sent' };
  });
  selected.value = items.value[0]?.key ?? null;
  items.watch(() => {
    const sent = items.value.filter(({ phase }) => phase === 'sent').slice(0, KEPT);
    remember(session, STORED, JSON.stringify(sent.map(({ id, name, isFile }) => ({ id, name, isFile }))));
  });
  selected.watch(() => {
    const item = find(selected.value ?? -1);
    if (item) lookAt(item.id);
  });
  // Another key may allow what was refused.
  apiKey.watch(() => {
    for (const { key, phase, error } of items.value) if (phase === 'refused' && error?.needsKey) again(key);
  });
  startNext();
}

function mayStart({ key, phase, prediction }: Item): boolean {
  if (running.has(key)) return false;
  return phase === 'waiting' ? sending < AT_ONCE : phase === 'sent' && prediction === null;
}

function startNext(): void {
  const oldestFirst = [...items.value].sort((one, other) => one.key - other.key);
  for (const item of oldestFirst) if (mayStart(item)) void run(item);
}

/** One request. */
function sendOnce(item: Item, signal: AbortSignal): Promise<PredictionView> {
  const { id, key, model, name, wishes, file, from, address } = item;
  if (from !== null) return askAbout({ id, image: { from }, model, wishes, signal });
  if (address !== null) return askAbout({ id, image: { image_url: address }, model, wishes, signal });
  const onProgress = (progress: number) => change(key, { progress });
  return upload({ id, file: file as Blob, name, model, wishes, onProgress, signal }); // what waits has its file
}

/** Sends an image, however often it takes. @throws RequestFailed when another attempt would not help, AbortError */
async function send(item: Item, signal: AbortSignal): Promise<PredictionView> {
  for (let attempts = 1; ; attempts += 1) {
    const held = heldUntil - performance.now();
    if (held > 0) await pause(held, signal);
    signal.throwIfAborted();
    try {
      change(item.key, { phase: 'uploading' });
      return await sendOnce(item, signal);
    } catch (error) {
      if (!(error instanceof RequestFailed && error.canPass)) throw error;
      const { retryAfterS } = error;
      if (retryAfterS === null && attempts >= MOST_ATTEMPTS) throw error;
      change(item.key, { phase: 'waiting', error });
      if (retryAfterS === null) await pause(backoff(attempts), signal);
      else heldUntil = Math.max(heldUntil, performance.now() + retryAfterS * 1000);
    }
  }
}

/** Sends it, in one of the few places for that. */
async function sendInTurn(item: Item, signal: AbortSignal): Promise<PredictionView> {
  sending += 1;
  try {
    return await send(item, signal);
  } finally {
    sending -= 1;
  }
}

async function run(item: Item): Promise<void> {
  const { key, id } = item;
  const stop = new AbortController();
  running.set(key, stop);
  try {
    const sent = item.phase === 'waiting' ? await sendInTurn(item, stop.signal) : null;
    if (sent) change(key, { phase: 'sent', prediction: sent, error: null });
    startNext();
    if (!sent || !hasEnded(sent))
      await untilEnded(id, (prediction) => change(key, { prediction }), stop.signal);
    tell(key);
  } catch (error) {
    if (!stop.signal.aborted) giveUp(key, error);
  } finally {
    running.delete(key);
    startNext();
  }
}

function giveUp(key: number, error: unknown): void {
  if (!(error instanceof RequestFailed)) reportError(error);
  const failure = error instanceof RequestFailed ? error : new RequestFailed(-1);
  const item = find(key);
  if (item?.file === null && item.phase === 'sent' && failure.status === 404) remove(key);
  else change(key, { error: failure, phase: 'refused' });
}

function tell(key: number): void {
  const item = find(key);
  if (item?.prediction) announce(`${item.name}: ${outcomeOf(item.prediction, texts())}`);
}
