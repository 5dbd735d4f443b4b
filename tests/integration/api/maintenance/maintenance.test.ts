import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { JobRecovery } from '@scry/api/maintenance/job-recovery';
import { Jobs } from '@scry/api/maintenance/jobs';
import { Maintenance } from '@scry/api/maintenance/maintenance';
import { type MaintenanceTaskParts, maintenanceTasks } from '@scry/api/maintenance/maintenance-tasks';
import { StoredFiles } from '@scry/api/maintenance/stored-files';
import { type Database, openDatabase } from '@scry/shared/database/database';
import { DatasetStore } from '@scry/shared/database/datasets';
import { Leadership } from '@scry/shared/database/leader-lock';
import { MaintenanceStore } from '@scry/shared/database/maintenance';
import { ModelVersionStore, type NewVersion } from '@scry/shared/database/model-versions';
import { PredictionMinuteStore } from '@scry/shared/database/prediction-minutes';
import { type NewPrediction, PredictionStore } from '@scry/shared/database/predictions';
import { StoredFileStore } from '@scry/shared/database/stored-files';
import { TrainingStore } from '@scry/shared/database/trainings';
import { type WorkerBeat, WorkerStore } from '@scry/shared/database/workers';
import { jobId, predictionJobOptions, predictionQueue } from '@scry/shared/queue/job';
import { openJobServer } from '@scry/shared/queue/open';
import type { JobServer } from '@scry/shared/queue/server';
import { openBlobs, openFiled, openImages, prepareImages } from '@scry/shared/storage/data-folder';
import type { ImageStorage } from '@scry/shared/storage/image-storage';
import { until } from '../../../helpers/app.js';
import {
  createDatabase,
  quiet,
  startRedis,
  type TestDatabase,
  type TestRedis,
} from '../../../helpers/services.js';
import { imageFile } from '../../../helpers/stored.js';

const MODEL = 'everyday-10';
const SHA = 'ab'.repeat(32);
const none = new AbortController().signal;

let redis: TestRedis | null;
let testDatabase: TestDatabase;
let database: Database;
let predictions: PredictionStore;
let jobServer: JobServer;
let dataDir: string;
let storage: ImageStorage;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.remove());

async function setUp(kind: 'redis' | 'postgres' = 'postgres'): Promise<void> {
  testDatabase = await createDatabase();
  database = openDatabase(testDatabase.url, { max: 4, name: 'test', log: quiet });
  predictions = new PredictionStore(database);
  jobServer = await openJobServer(kind === 'redis' && redis ? redis.url : testDatabase.url, 4, quiet);
  await jobServer.prepare();
  dataDir = await mkdtemp(path.join(tmpdir(), 'scry-maintenance-'));
  await prepareImages(dataDir);
  storage = openImages(dataDir);
}

afterEach(async () => {
  await jobServer.close();
  await predictions.close();
  await database.close();
  await testDatabase.drop();
  await rm(dataDir, { recursive: true, force: true });
});

function prediction(id: string, changes: Partial<NewPrediction> = {}): NewPrediction {
  const image = { sha256: SHA, format: 'jpeg', width: 64, height: 48, bytes: 2330 } as const;
  const model = { model: MODEL, modelVersion: '1', task: 'classification', engine: 'onnx' };
  return { id, ...model, parameters: {}, image, expiresInS: null, ...changes };
}

/** Runs one task by its name, once. */
async function run(name: string, config: Partial<MaintenanceTaskParts['config']> = {}): Promise<void> {
  await runner(config)(name);
}

/** Tasks that remember what they saw from run to run. */
function runner(config: Partial<MaintenanceTaskParts['config']> = {}): (name: string) => Promise<void> {
  const storedFiles = new StoredFiles({
    ...{ storage, filed: openFiled(dataDir, storage), log: quiet, models: () => new Map() },
    files: new StoredFileStore(database),
  });
  const all = maintenanceTasks({
    config: { STALE_AFTER_S: 30, RETENTION_DAYS: 0, DERIVED_DAYS: 7, MODEL_MISSING_S: 3600, ...config },
    maintenance: new MaintenanceStore(database),
    predictions,
    minutes: new PredictionMinuteStore(database),
    storage,
    blobs: openBlobs(dataDir),
    datasetStore: new DatasetStore(database),
    trainings: new TrainingStore(database),
    storedFiles,
    jobs: new Jobs(jobServer, 3),
    workers: new WorkerStore(database),
    versionStore: new ModelVersionStore(database),
    versions: { requestChecks: () => Promise.resolve(), removeUnusedFiles: () => Promise.resolve() },
    folders: { scan: () => Promise.resolve() },
    sweepWebhooks: () => Promise.resolve(),
    log: quiet,
  });
  return async (name) => {
    const task = all.find((candidate) => candidate.name === name);
    if (!task) throw new Error(`there is no task "${name}"`);
    await task.run(none);
  };
}

/** Makes rows look as if nothing had happened to them for so long. */
async function age(seconds: number): Promise<void> {
  await database.query(
    `UPDATE predictions SET touched_at = touched_at - $1 * interval '1 second',
       created_at = created_at - $1 * interval '1 second', completed_at = completed_at - $1 * interval '1 second'`,
    [seconds],
  );
}

const QUEUE = predictionQueue(`${MODEL}@1`);

async function jobOf(id: string) {
  const [job] = await jobServer.find([{ queue: QUEUE, id: jobId(id) }]);
  return job ?? null;
}

const waiting = async () => (await jobServer.counts([QUEUE]))[0]?.wait;

describe.each(['postgres', 'redis'] as const)('putting predictions back, with %s as the queue', (kind) => {
  beforeEach(() => setUp(kind));

  it('makes a job for one that has none', async () => {
    await predictions.create(prediction(`${kind}-lost`, { parameters: { top_k: 3 } }));
    await age(31);
    await run('job recovery');
    const job = await jobOf(`${kind}-lost`);
    expect(job?.data).toMatchObject({ id: `${kind}-lost`, sha256: SHA, parameters: { top_k: 3 } });
  });

  it('leaves one that has a job alone', async () => {
    await predictions.create(prediction(`${kind}-live`));
    await run('job recovery');
    await age(31);
    const look = runner();
    await look('job recovery');
    await look('job recovery');
    expect(await jobOf(`${kind}-live`)).toMatchObject({ failedReason: null });
    expect(await waiting()).toBeGreaterThanOrEqual(1);
  });

  it('makes a job for one that was touched before the clock was set back two hours', async () => {
    await predictions.create(prediction(`${kind}-ahead`));
    await run('job recovery');
    await jobServer.remove(QUEUE, jobId(`${kind}-ahead`));
    await age(-7200);
    const look = runner();
    await look('job recovery');
    expect(await jobOf(`${kind}-ahead`)).not.toBeNull();
  });

  it('looks at young ones only for some seconds after the queue came back empty', async () => {
    const clock = { now: 0 };
    const maintenance = new MaintenanceStore(database);
    const jobs = new Jobs(jobServer, 3);
    const jobRecovery = new JobRecovery({
      maintenance,
      predictions,
      jobs,
      staleAfterS: 30,
      log: quiet,
      now: () => clock.now,
    });
    await jobRecovery.run(none); // leaves the marker
    clock.now = 10_000;
    await predictions.create(prediction(`${kind}-young`));
    await age(2);
    await jobRecovery.run(none);
    expect(await jobOf(`${kind}-young`)).toBeNull();
    await jobServer.forget('scry_marker');
    await jobRecovery.run(none);
    expect(await jobOf(`${kind}-young`)).not.toBeNull();
  });

  it('ends one whose job failed for good, with the reason', async () => {
    const id = `${kind}-failed`;
    await predictions.create(prediction(id));
    await jobServer.add(QUEUE, [{ id: jobId(id), data: {} }], predictionJobOptions(1));
    const consumer = jobServer.consumer();
    const doomed = Promise.reject(new Error('the disk is on fire'));
    consumer.add(QUEUE, {
      concurrency: 1,
      process: ({ id: taken }) => (taken === jobId(id) ? doomed : Promise.resolve('done')),
    });
    await until('it has failed', async () => (await jobOf(id))?.failedReason !== null);
    await consumer.close();
    await age(31);
    await run('job recovery');
    expect(await predictions.get(id)).toMatchObject({
      status: 'failed',
      code: 500,
      error: { message: expect.stringContaining('the disk is on fire') },
    });
    expect(await jobOf(id)).toBeNull();
  });

  it('goes through thousands page by page', async () => {
    const ids = Array.from({ length: 1200 }, (_, index) => `${kind}-many-${index}`);
    await Promise.all(ids.map((id) => predictions.create(prediction(id))));
    await age(31);
    await run('job recovery');
    expect(await waiting()).toBeGreaterThanOrEqual(1200);
  });
});

describe('while Redis is unavailable', () => {
  beforeEach(() => setUp('redis'));

  it('fails, and looks at everything when Redis answers again', async () => {
    if (!redis) return;
    const look = runner();
    await look('job recovery');
    await redis.stop();
    await predictions.create(prediction('while-away'));
    await age(2);
    await expect(look('job recovery')).rejects.toThrow();
    await redis.start();
    await until('its job is added again', async () => {
      await look('job recovery').catch(() => undefined);
      return (await jobOf('while-away').catch(() => null)) !== null;
    });
  });
});

describe('the other maintenanceTasks', () => {
  beforeEach(() => setUp());

  it('expire what was not done before its deadline, by the clock of the database', async () => {
    await predictions.create(prediction('expiring-1', { expiresInS: -1 }));
    await predictions.create(prediction('expiring-2', { expiresInS: 600 }));
    await predictions.create(prediction('expiring-3'));
    await run('expire');
    const statuses = ['expiring-1', 'expiring-2', 'expiring-3'].map(
      async (id) => (await predictions.get(id))?.status,
    );
    expect(await Promise.all(statuses)).toEqual(['expired', 'queued', 'queued']);
  });

  it('remove temporary files that are hours old and no others', async () => {
    const folder = path.join(dataDir, 'uploads', 'tmp');
    await writeFile(path.join(folder, 'fresh'), 'x');
    await writeFile(path.join(folder, 'old'), 'x');
    const hoursAgo = Date.now() / 1000 - 7 * 3600;
    await utimes(path.join(folder, 'old'), hoursAgo, hoursAgo);
    await run('temporary files');
    expect(await readdir(folder)).toEqual(['fresh']);
  });

  it('remove predictions that ended long ago with their images, and keep images that others use', async () => {
    const shas = { alone: '01'.repeat(32), shared: '02'.repeat(32) };
    for (const sha256 of Object.values(shas)) {
      await mkdir(path.dirname(imageFile(dataDir, sha256)), { recursive: true });
      await writeFile(imageFile(dataDir, sha256), 'image');
    }
    const image = (sha256: string) => ({ image: { ...prediction('x').image, sha256 } });
    await predictions.create(prediction('old-alone', image(shas.alone)));
    await predictions.create(prediction('old-shared', image(shas.shared)));
    await predictions.create(prediction('old-unfinished'));
    await predictions.cancel('old-alone');
    await predictions.cancel('old-shared');
    await age(3 * 24 * 3600);
    await predictions.create(prediction('young-shared', image(shas.shared)));
    await run('retention', { RETENTION_DAYS: 2 });
    await run('stored files');
    const { items } = await predictions.list({ limit: 10 });
    expect(items.map(({ id }) => id).sort()).toEqual(['old-unfinished', 'young-shared']);
    expect([await storage.has(shas.alone), await storage.has(shas.shared)]).toEqual([false, true]);
  });
});

describe('predictions of a model that no worker serves', () => {
  beforeEach(async () => {
    await setUp();
    const file = { path: 'model.onnx', sha256: SHA, bytes: 1 };
    const store = new ModelVersionStore(database);
    const version: NewVersion = {
      ...{ name: MODEL, version: '1', id: SHA, manifest: {}, files: [file] },
      ...{ source: 'upload', createdBy: null, label: null },
    };
    await store.create(version, async () => {});
    await store.finishCheck(MODEL, '1', { ok: true, manifest: {}, notes: [] });
  });
  const served = { name: MODEL, version: '1', device: 'cpu', runtime: 'onnxruntime' };
  const worker = (changes: Partial<WorkerBeat>): WorkerBeat => ({
    ...{ id: 'w', host: 'here', pid: 1, models: [], problems: [], queueProblem: null },
    ...changes,
  });
  const beat = (changes: Partial<WorkerBeat>) => new WorkerStore(database).beat(worker(changes));
  const sightedAgo = (seconds: number) =>
    database.query(`UPDATE served_models SET served_at = served_at - $1 * interval '1 second'`, [seconds]);

  async function create(...ids: string[]): Promise<void> {
    for (const id of ids) {
      await predictions.create(prediction(id));
      await jobServer.add(QUEUE, [{ id: jobId(id), data: {} }], predictionJobOptions(3));
    }
  }
  const statusOf = async (id: string) => (await predictions.get(id))?.status;

  it('are failed after a limit, with the reason why no worker loads it, and their jobs removed', async () => {
    await create('refused-1', 'refused-2');
    await age(4000);
    await create('refused-young');
    await beat({ problems: [{ name: MODEL, version: '1', message: 'model.onnx is damaged' }] });
    await run('missing models');
    expect(await predictions.get('refused-1')).toMatchObject({
      status: 'failed',
      code: 550,
      error: {
        message:
          'No worker can load the model "everyday-10@1": model.onnx is damaged. Send the image again when it is served.',
      },
    });
    expect([await statusOf('refused-2'), await statusOf('refused-young')]).toEqual(['failed', 'queued']);
    expect(await jobOf('refused-1')).toBeNull();
  });

  it('are failed after a limit when no worker serves it any more', async () => {
    await create('removed-1');
    await beat({ models: [served] });
    await age(4000);
    await run('missing models');
    expect(await statusOf('removed-1')).toBe('queued');
    await beat({ models: [] });
    await sightedAgo(3000);
    await run('missing models');
    expect(await statusOf('removed-1')).toBe('queued'); // it was served within the limit
    await sightedAgo(3000);
    await run('missing models');
    expect(await predictions.get('removed-1')).toMatchObject({
      status: 'failed',
      error: {
        message: 'No worker serves the model "everyday-10@1". Send the image again when it is served.',
      },
    });
  });

  it('are failed at once when their version was removed', async () => {
    await create('forgotten-1');
    await beat({ models: [served] });
    await new ModelVersionStore(database).remove(MODEL, '1', true);
    await run('missing models');
    expect(await predictions.get('forgotten-1')).toMatchObject({
      status: 'failed',
      code: 560,
      error: {
        message: expect.stringContaining('The version "everyday-10@1" was removed before it answered.'),
      },
    });
    expect(await jobOf('forgotten-1')).toBeNull();
  });

  it('wait for as long as no worker lives', async () => {
    await create('waiting-1');
    await age(1e6);
    await run('missing models');
    expect(await statusOf('waiting-1')).toBe('queued');
  });
});

describe('images that nobody uses', () => {
  beforeEach(() => setUp());
  const hoursAgo = Date.now() / 1000 - 7 * 3600;

  async function keep(sha256: string, seconds: number): Promise<void> {
    await mkdir(path.dirname(imageFile(dataDir, sha256)), { recursive: true });
    await writeFile(imageFile(dataDir, sha256), 'image');
    await utimes(imageFile(dataDir, sha256), seconds, seconds);
  }

  it('are removed within a day, and no others', async () => {
    const shas = { unused: '11'.repeat(32), used: '22'.repeat(32), fresh: '33'.repeat(32) };
    await keep(shas.unused, hoursAgo);
    await keep(shas.used, hoursAgo);
    await keep(shas.fresh, Date.now() / 1000);
    await predictions.create(
      prediction('uses-it', { image: { ...prediction('x').image, sha256: shas.used } }),
    );
    const look = runner();
    for (let run = 0; run < 256; run++) await look('files without a row');
    const left = await Promise.all(Object.values(shas).map((sha256) => storage.has(sha256)));
    expect(left).toEqual([false, true, true]);
  });

  it('come back when the database goes away in the middle of removing them', async () => {
    const sha256 = '44'.repeat(32);
    await keep(sha256, hoursAgo);
    const answers = [Promise.resolve(false), Promise.reject(new Error('the database is unavailable'))];
    const removing = storage.removeUnlessUsed(sha256, () => answers.shift() as Promise<boolean>);
    await expect(removing).rejects.toThrow('unavailable');
    expect(await storage.has(sha256)).toBe(true);
  });

  it('come back when their remover died in the middle of it', async () => {
    const sha256 = '55'.repeat(32);
    await mkdir(path.dirname(imageFile(dataDir, sha256)), { recursive: true });
    const folder = path.join(dataDir, 'uploads', 'tmp');
    await writeFile(path.join(folder, `removing-uploads+55+${sha256}-${randomUUID()}`), 'image');
    expect(await storage.removeOrphans(1e9)).toBe(0);
    expect(await storage.removeOrphans(1e9, 0)).toBe(1);
    expect(await storage.has(sha256)).toBe(true);
  });
});

describe('holding the lock', () => {
  beforeEach(() => setUp());
  const KEY = 42;

  it('one process at a time works, and another takes over when it stops', async () => {
    const worked: string[] = [];
    const start = (name: string) => {
      const task = { name, everyMs: 20, run: async () => void worked.push(name) };
      const maintenance = new Maintenance(new Leadership(testDatabase.url, KEY, quiet), () => [task], quiet);
      maintenance.start();
      return maintenance;
    };
    const first = start('first');
    await until('the first one works', async () => worked.length > 3);
    const second = start('second');
    await until('the first one has gone on', async () => worked.length > 20);
    expect(new Set(worked)).toEqual(new Set(['first']));
    await first.close();
    await until('the second one works', async () => worked.includes('second'));
    await second.close();
  });

  it('is lost with its connection, and taken again', async () => {
    let begun = 0;
    const leadership = new Leadership(testDatabase.url, KEY, quiet);
    const maintenance = new Maintenance(
      leadership,
      () => [{ name: 'x', everyMs: 50, run: async () => undefined }],
      {
        ...quiet,
        info: () => begun++,
      } as never,
    );
    maintenance.start();
    await until('it works', async () => begun === 1);
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'scry-maintenance' AND datname = current_database()`,
    );
    await until('it works again', async () => begun === 2);
    await maintenance.close();
  });
});
