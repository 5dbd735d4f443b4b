/** Two thousand hostile images through the real server: a right answer or a clear refusal each, in bounded memory. */
import { appendFileSync } from 'node:fs';
import { makeCorpus } from '../corpus/corpus.js';
import { metadataBombs } from '../corpus/metadata-bombs.js';
import { variants } from '../corpus/variants.js';
import { peakMemoryMiB, runCorpus, summary, surprises } from '../helpers/corpus-run.js';
import { memoryOf } from '../helpers/memory-of-case.js';
import { type System, startSystem } from '../helpers/system.js';

/** Measured: 230 for the API, 460 for a worker with one thread and three models. */
const LIMITS_MIB = { api: 400, worker: 900 } as const;

let system: System;

beforeAll(async () => {
  system = await startSystem({ workerEnv: { WORKER_THREADS: '1' } });
});

afterAll(async () => {
  expect(await system.remove()).toEqual(['exit code 0', 'exit code 0']); // nobody crashed on the way
});

it('ends every hostile upload as it must', async () => {
  const corpus = await makeCorpus();
  const [api, worker] = [system.api.pid as number, system.workers[0]?.pid as number];
  const since = performance.now();
  const endings = await runCorpus(system, corpus);
  const memory = { api: await peakMemoryMiB(api), worker: await peakMemoryMiB(worker) };
  const result = {
    corpus: corpus.length,
    ends: summary(endings),
    peakMemoryMiB: memory,
    seconds: (performance.now() - since) / 1000,
  };
  if (process.env.SCRY_FAULTS_REPORT)
    appendFileSync(process.env.SCRY_FAULTS_REPORT, `${JSON.stringify(result)}\n`);
  expect(surprises(endings)).toEqual([]);
  expect(corpus.length).toBeGreaterThanOrEqual(2000);
  expect(memory.api).toBeLessThan(LIMITS_MIB.api);
  expect(memory.worker).toBeLessThan(LIMITS_MIB.worker);
  expect((await fetch(`${system.url}/readyz`)).status).toBe(200);
});

/** A file may be 16 MiB: it is received, copied once without its metadata, and decoded. Measured: 45 for the API, 42 for a worker. */
const MOST_PER_CASE_MIB = 96;

it('spends little memory on images whose metadata unfolds into gigabytes, one by one', async () => {
  const [reference] = await variants();
  if (!reference) throw new Error('the corpus has no reference');
  await runCorpus(system, [reference]);
  const rows = [];
  for (const bomb of await metadataBombs()) rows.push(await memoryOf(system, bomb));
  if (process.env.SCRY_FAULTS_REPORT)
    appendFileSync(process.env.SCRY_FAULTS_REPORT, `${JSON.stringify({ metadata: rows })}\n`);
  expect(rows.filter(({ status }) => status !== 'succeeded')).toEqual([]);
  expect(rows.filter(({ apiMiB, workerMiB }) => Math.max(apiMiB, workerMiB) > MOST_PER_CASE_MIB)).toEqual([]);
});
