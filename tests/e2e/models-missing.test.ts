import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { REPO, startSystem } from '../helpers/system.js';

it('a worker that finds no model waits for one instead of ending', async () => {
  const parent = await mkdtemp(path.join(tmpdir(), 'scry-models-'));
  const models = path.join(parent, 'models');
  const system = await startSystem({ workers: 0, env: { MODELS_DIR: models, LOG_LEVEL: 'info' } });
  const started = system.addWorker();
  const [worker] = system.workers;
  await worker?.said('waiting for one');
  expect(system.api.output).toContain(`MODELS_DIR: ${models} does not exist`);
  await mkdir(models);
  await cp(path.join(REPO, 'models/everyday-10'), path.join(models, 'everyday-10'), { recursive: true });
  await started;
  expect(await system.remove()).toEqual(['exit code 0', 'exit code 0']);
  await rm(parent, { recursive: true });
}, 60_000);
