/** Sends the hostile corpus through a whole system and says how every case ended. */
import { readFile } from 'node:fs/promises';
import type { PredictionView } from '@scry/shared/contracts/prediction';
import type { CorpusCase, Expectation } from '../corpus/case.js';
import type { System } from './system.js';

const PARALLEL = 8;
const IMAGE_NOT_SUPPORTED = 510;
const REFERENCES = { color: 'variant/png', gray: 'variant/png-gray' } as const;

export interface Ending {
  readonly case: CorpusCase;
  readonly status: number;
  readonly prediction: PredictionView | null;
  readonly detail: string;
}

async function send(system: System, { fileName, contentType, bytes }: CorpusCase): Promise<Response> {
  const form = new FormData();
  form.set('image', new Blob([new Uint8Array(bytes)], { type: contentType }), fileName);
  return fetch(`${system.url}/v1/predictions`, { method: 'POST', body: form });
}

async function ending(system: System, one: CorpusCase): Promise<Ending> {
  const response = await send(system, one);
  const body = (await response.json()) as PredictionView & { detail?: string };
  if (response.status !== 202) {
    return { case: one, status: response.status, prediction: null, detail: body.detail ?? '' };
  }
  const prediction = await system.waitFor(body.prediction_id);
  return { case: one, status: 202, prediction, detail: prediction.error?.message ?? '' };
}

/** Runs every case, some at a time, in the corpus's order. */
export async function runCorpus(system: System, corpus: readonly CorpusCase[]): Promise<Ending[]> {
  const endings: Ending[] = [];
  let next = 0;
  const clients = Array.from({ length: PARALLEL }, async () => {
    for (let index = next++; index < corpus.length; index = next++) {
      endings[index] = await ending(system, corpus[index] as CorpusCase);
    }
  });
  await Promise.all(clients);
  return endings;
}

const best = ({ prediction }: Ending) => prediction?.output?.predictions[0];

function matchesReference(
  found: Ending,
  expect: Expectation & { end: 'answer' },
  all: readonly Ending[],
): boolean {
  const reference = all.find(({ case: { name } }) => name === REFERENCES[expect.like]);
  const [mine, theirs] = [best(found), reference && best(reference)];
  if (!mine || !theirs) return false;
  return (
    mine.class_name === theirs.class_name && Math.abs(mine.confidence - theirs.confidence) <= expect.tolerance
  );
}

/** True for a clear refusal: a 4xx or a failure with code 510, with a sentence. */
function isUnreadable({ status, prediction, detail }: Ending): boolean {
  if (detail.length < 10) return false;
  if (status >= 400 && status < 500) return true;
  return prediction?.status === 'failed' && prediction.code === IMAGE_NOT_SUPPORTED;
}

function isAsExpected(found: Ending, all: readonly Ending[]): boolean {
  const { expect } = found.case;
  switch (expect.end) {
    case 'answer':
      return matchesReference(found, expect, all);
    case 'refused':
      return found.status >= 400 && found.status < 500 && found.detail.length >= 10;
    case 'unreadable':
      return isUnreadable(found);
    case 'any':
      return found.prediction?.status === 'succeeded' || isUnreadable(found);
  }
}

/** Cases that did not end as they must, in words. */
export function surprises(all: readonly Ending[]): string[] {
  return all
    .filter((found) => !isAsExpected(found, all))
    .map((found) => {
      const { name, expect } = found.case;
      const end = found.prediction ? `${found.prediction.status} ${found.prediction.code}` : found.status;
      const answer = best(found);
      const said = answer ? `${answer.class_name} ${answer.confidence.toFixed(3)}` : found.detail;
      return `${name}: ${end} (${said}), but must end as ${JSON.stringify(expect)}`;
    });
}

/** How the cases ended, counted. */
export function summary(all: readonly Ending[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, prediction } of all) {
    const end = prediction ? `${prediction.status} ${prediction.code}` : `refused ${status}`;
    counts[end] = (counts[end] ?? 0) + 1;
  }
  return counts;
}

/** Memory in real use by a process at its highest so far, MiB. Source: proc(5), VmHWM. */
export async function peakMemoryMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024;
}
