/**
 * What is being added to data sets. Owns the uploads under way and what became of them, so that they go on while other
 * views are shown; they end with the tab.
 *
 *     sending ──▶ reading (a zip, in the server) ──▶ done | failed
 *        └────────────┴──────▶ stopped (what was added by then stays)
 */
import type { Skipped } from '@scry/shared/contracts/dataset';
import { addImage, followImport, type ImportView, importZip } from '../client/datasets.js';
import { sentenceFor } from '../client/failure.js';
import { RequestFailed } from '../client/http.js';
import { type Refusal, refusalOf } from '../client/limits.js';
import { backoff, pause } from '../client/pause.js';
import type { GivenFile } from '../parts/given-files.js';
import { Observable } from '../state/observable.js';
import { bytes, texts } from '../texts/index.js';

export interface Addition {
  readonly key: number;
  readonly dataset: string;
  /** The zip's file; null for images. */
  readonly zip: string | null;
  readonly phase: 'sending' | 'reading' | 'done' | 'failed' | 'stopped';
  /** How much of it has been sent, 0 to 1. */
  readonly sent: number;
  readonly added: number;
  readonly repeated: number;
  readonly skipped: number;
  /** The first of what was skipped, and why. */
  readonly report: readonly Skipped[];
  /** Why it failed: an error, or the server's sentence about a zip. */
  readonly error: unknown;
}

export const additions = new Observable<readonly Addition[]>([]);

const stops = new Map<number, AbortController>();
let lastKey = 0;

// What has not left this computer is lost with the tab; a zip that has arrived is read to its end.
window.addEventListener('beforeunload', (event) => {
  if (additions.value.some(({ phase }) => phase === 'sending')) event.preventDefault();
});

/** Images sent at the same time. */
const AT_ONCE = 4;
const MOST_REPORTED = 200;
const ATTEMPTS = 6;
const ZIP = /\.zip$/i;

export const isUnderWay = ({ phase }: Addition): boolean => phase === 'sending' || phase === 'reading';

function change(key: number, fields: Partial<Addition> | ((before: Addition) => Partial<Addition>)): void {
  additions.value = additions.value.map((one) =>
    one.key === key ? { ...one, ...(typeof fields === 'function' ? fields(one) : fields) } : one,
  );
}

/** Runs one addition to its end. */
function begin(
  dataset: string,
  zip: string | null,
  run: (key: number, signal: AbortSignal) => Promise<void>,
) {
  lastKey += 1;
  const key = lastKey;
  const stop = new AbortController();
  stops.set(key, stop);
  const counts = { sent: 0, added: 0, repeated: 0, skipped: 0, report: [], error: null };
  additions.value = [{ key, dataset, zip, phase: 'sending', ...counts }, ...additions.value];
  const end = async () => {
    try {
      await run(key, stop.signal);
      change(key, ({ phase }) => ({ phase: phase === 'failed' ? 'failed' : 'done' }));
    } catch (error) {
      change(key, stop.signal.aborted ? { phase: 'stopped' } : { phase: 'failed', error });
    } finally {
      stops.delete(key);
    }
  };
  void end();
}

/** Ends an addition. A zip that has arrived is read to its end all the same. */
export function stopAddition(key: number): void {
  stops.get(key)?.abort();
}

/** Takes an addition that has ended out of the list. */
export function dismiss(key: number): void {
  additions.value = additions.value.filter((one) => one.key !== key || isUnderWay(one));
}

/**
 * Adds files to a data set: zips as they are, images one by one.
 * @param label the class of images that come without a folder; null: none. A folder's name is the class of its images.
 */
export function addFiles(dataset: string, given: readonly GivenFile[], label: string | null): void {
  const zips = given.filter(({ file }) => ZIP.test(file.name));
  const images = given.filter(({ file }) => !ZIP.test(file.name));
  for (const { file } of zips)
    begin(dataset, file.name, (key, signal) => sendZip(dataset, file, key, signal));
  if (images.length > 0)
    begin(dataset, null, (key, signal) => sendImages(dataset, images, label, key, signal));
}

async function sendZip(dataset: string, file: File, key: number, signal: AbortSignal): Promise<void> {
  const first = await importZip(dataset, file, (sent) => change(key, { sent }), signal);
  const note = ({ state, added, repeated, skipped, report, error }: ImportView) =>
    change(key, {
      ...{ sent: 1, added, repeated, skipped, report, error },
      phase: state === 'failed' ? 'failed' : 'reading',
    });
  await followImport(dataset, first, note, signal);
}

async function sendImages(
  dataset: string,
  given: readonly GivenFile[],
  label: string | null,
  key: number,
  signal: AbortSignal,
): Promise<void> {
  const rest = [...given];
  const sendRest = async () => {
    for (let next = rest.shift(); next; next = rest.shift()) {
      const became = await sendOne(dataset, next, next.folder ?? label, signal);
      change(key, (before) => noted(before, became, given.length));
    }
  };
  // The first that fails for another reason than its image ends them all.
  await Promise.all(Array.from({ length: AT_ONCE }, sendRest)).catch((error: unknown) => {
    rest.length = 0;
    throw error;
  });
}

type Became = 'added' | 'repeated' | Skipped;

function noted(before: Addition, became: Became, all: number): Partial<Addition> {
  const { added, repeated, skipped, report } = before;
  const sent = (added + repeated + skipped + 1) / all;
  if (became === 'added') return { sent, added: added + 1 };
  if (became === 'repeated') return { sent, repeated: repeated + 1 };
  return {
    sent,
    skipped: skipped + 1,
    report: report.length < MOST_REPORTED ? [...report, became] : report,
  };
}

function sentenceOf(refusal: Refusal, { name, size }: File): string {
  const { notImage, tooBig } = texts().errors;
  return refusal.reason === 'type' ? notImage(name) : tooBig(name, bytes(size), bytes(refusal.maxBytes));
}

/** Problems of one image, which say nothing about the others. */
const ABOUT_THE_IMAGE = new Set([
  ...['no-image', 'too-large', 'unsupported-image', 'unreadable-image', 'too-many-pixels', 'image-gone'],
]);

/** @throws RequestFailed when it is not the image's fault; AbortError */
async function sendOne(
  dataset: string,
  { file, folder }: GivenFile,
  label: string | null,
  signal: AbortSignal,
): Promise<Became> {
  const path = folder === null ? file.name : `${folder}/${file.name}`;
  const refusal = await refusalOf(file);
  if (refusal) return { path, reason: sentenceOf(refusal, file) };
  const image = { file, name: file.name, label };
  try {
    const { created } = await patiently(() => addImage(dataset, image, signal), signal);
    return created ? 'added' : 'repeated';
  } catch (error) {
    if (!(error instanceof RequestFailed && ABOUT_THE_IMAGE.has(error.report.name))) throw error;
    return { path, reason: sentenceFor(error, texts()) };
  }
}

/** Tries again for as long as the server may only be busy. */
async function patiently<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof RequestFailed && error.canPass) || attempt === ATTEMPTS) throw error;
      await pause(Math.max(backoff(attempt), (error.retryAfterS ?? 0) * 1000), signal);
      if (signal.aborted) throw new DOMException('aborted', 'AbortError');
    }
  }
}
