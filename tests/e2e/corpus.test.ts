/** A sample of the hostile images through real processes; `npm run test:faults` sends them all. */
import { makeHarmlessCorpus, sample } from '../corpus/corpus.js';
import { runCorpus, surprises } from '../helpers/corpus-run.js';
import { type System, startSystem } from '../helpers/system.js';

let system: System;

beforeAll(async () => {
  system = await startSystem({ workerEnv: { WORKER_THREADS: '1', WORKER_MODELS: 'everyday-10' } });
}, 60_000);

afterAll(async () => {
  expect(await system.remove()).toEqual(['exit code 0', 'exit code 0']); // nobody crashed on the way
}, 60_000);

it('gives every readable variant of one image the same answer, and refuses the rest clearly', async () => {
  const endings = await runCorpus(system, sample(await makeHarmlessCorpus(), 20));
  expect(surprises(endings)).toEqual([]);
}, 60_000);
