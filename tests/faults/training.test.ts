/** What happens to a training when its worker dies. */
import type { DatasetView, ImportView } from '@scry/shared/contracts/dataset';
import { hasEnded, type TrainingView } from '@scry/shared/contracts/training';
import { openDatabase } from '@scry/shared/database/database';
import { ModelVersionStore } from '@scry/shared/database/model-versions';
import { colorZip } from '../helpers/color-zip.js';
import { keyIn } from '../helpers/keys.js';
import { quiet } from '../helpers/services.js';
import { type System, type SystemProcess, startSystem } from '../helpers/system.js';

let system: System;
let key: string;

beforeAll(async () => {
  const workerEnv = { WORKER_ROLES: 'train', TRAIN_THREADS: '1' };
  system = await startSystem({ workers: 2, workerEnv });
  key = await keyIn(system.database, ['admin']);
}, 120_000);

afterAll(() => system.remove());

async function call<T>(method: string, where: string, body?: object | Uint8Array): Promise<T> {
  const zip = body instanceof Uint8Array;
  const response = await fetch(`${system.url}${where}`, {
    method,
    headers: {
      Authorization: `Bearer ${key}`,
      ...(body && { 'Content-Type': zip ? 'application/zip' : 'application/json' }),
    },
    ...(body && { body: zip ? new Uint8Array(body) : JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

async function until<T>(look: () => Promise<T>, enough: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await look();
    if (enough(value)) return value;
  }
}

async function newDataset(): Promise<string> {
  const { id } = await call<DatasetView>('POST', '/v1/datasets', { name: 'colors' });
  const started = await call<ImportView>('POST', `/v1/datasets/${id}/import`, await colorZip(10));
  await until(
    () => call<ImportView>('GET', `/v1/datasets/${id}/imports/${started.id}`),
    ({ state }) => state === 'succeeded',
  );
  return id;
}

const look =
  (id: string, wait = 1) =>
  () =>
    call<TrainingView>('GET', `/v1/trainings/${id}?wait=${wait}`);

/** The worker that holds a training. */
async function holder(id: string): Promise<SystemProcess> {
  const database = openDatabase(system.database.url, { max: 1, name: 'test', log: quiet });
  try {
    const [row] = await database.query<{ worker: string }>('SELECT worker FROM trainings WHERE id = $1', [
      id,
    ]);
    return system.workers.find(({ name }) => name === row?.worker) as SystemProcess;
  } finally {
    await database.close();
  }
}

async function fileOf(name: string): Promise<string | undefined> {
  const database = openDatabase(system.database.url, { max: 1, name: 'test', log: quiet });
  try {
    const versions = await new ModelVersionStore(database).list({ name, states: ['ready'] });
    expect(versions).toHaveLength(1);
    return versions[0]?.files[0]?.sha256;
  } finally {
    await database.close();
  }
}

it('survives its worker killed, and ends with the same file as one that was not disturbed', async () => {
  const dataset = await newDataset();
  const settings = { dataset, method: 'scratch', input_size: 16, epochs: 120, label: null };
  const plain = await call<TrainingView>('POST', '/v1/trainings', { ...settings, name: 'plain' });
  await until(look(plain.id), ({ state }) => hasEnded(state));
  const { id } = await call<TrainingView>('POST', '/v1/trainings', { ...settings, name: 'killed' });
  await until(look(id, 0), ({ curve }) => curve.length >= 3);
  await (await holder(id)).kill();
  const ended = await until(look(id), ({ state }) => hasEnded(state));
  expect(ended).toMatchObject({ state: 'succeeded', error: null });
  expect(ended.log.join('\n')).toMatch(/Goes on after epoch [1-9]/);
  expect(await fileOf('killed')).toBe(await fileOf('plain'));
}, 180_000);
