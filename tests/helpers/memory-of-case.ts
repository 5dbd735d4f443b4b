/** What one upload costs in memory, in the API and in a worker: from the upload to its thumbnail. */
import { readFile, writeFile } from 'node:fs/promises';
import type { CorpusCase } from '../corpus/case.js';
import { peakMemoryMiB, runCorpus } from './corpus-run.js';
import type { System } from './system.js';

export interface MemoryOfCase {
  readonly name: string;
  /** How the prediction ended. */
  readonly status: string;
  readonly apiMiB: number;
  readonly workerMiB: number;
  /** From the upload to the thumbnail, seconds. */
  readonly seconds: number;
}

/** Memory in real use by a process now, MiB. Source: proc(5), VmRSS. */
async function memoryMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** Makes the peak what is in use now. Source: proc(5), clear_refs. */
const resetPeak = (pid: number) => writeFile(`/proc/${pid}/clear_refs`, '5');

/** Uploads one case, waits for its answer and asks for its thumbnail. */
export async function memoryOf(system: System, one: CorpusCase): Promise<MemoryOfCase> {
  const pids = [system.api.pid as number, system.workers[0]?.pid as number];
  await Promise.all(pids.map(resetPeak));
  const before = await Promise.all(pids.map(memoryMiB));
  const since = performance.now();
  const [ending] = await runCorpus(system, [one]);
  const id = ending?.prediction?.prediction_id;
  const thumbnail = id ? await fetch(`${system.url}/v1/predictions/${id}/thumbnail`) : null;
  await thumbnail?.arrayBuffer();
  const seconds = (performance.now() - since) / 1000;
  const peaks = await Promise.all(pids.map(peakMemoryMiB));
  const [apiMiB = 0, workerMiB = 0] = peaks.map((peak, index) => peak - (before[index] as number));
  const status =
    thumbnail?.status === 200 ? (ending?.prediction?.status ?? '') : `${ending?.status} ${ending?.detail}`;
  return { name: one.name, status, apiMiB, workerMiB, seconds };
}
