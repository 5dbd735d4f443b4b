/**
 * What happens to a training when its worker dies in any phase, the API dies, the database cannot be reached, the disk is full,
 * or its data set is changed or removed. Every one must succeed once, with the file of a training that was not disturbed.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DatasetView, ImportView, ItemView } from '@scry/shared/contracts/dataset';
import { hasEnded, type TrainingView } from '@scry/shared/contracts/training';
import { type Database, openDatabase } from '@scry/shared/database/database';
import { ModelVersionStore } from '@scry/shared/database/model-versions';
import { TRAINING_LEASE_S } from '@scry/shared/database/trainings';
import { colorZip } from '../helpers/color-zip.js';
import { keyIn } from '../helpers/keys.js';
import { quiet, withoutConnections } from '../helpers/services.js';
import { type System, type SystemProcess, startSystem } from '../helpers/system.js';
import { report } from './report.js';

const LOOK_AGAIN_MS = 20;
const SETTINGS = { method: 'scratch', input_size: 16, epochs: 120, label: null };
/** Takes minutes, so that it does not end during a fault of more than the lease; the others take a second or two. */
const LONG = { input_size: 96, batch_size: 2, epochs: 1000 };
/** The row of a training waits with the point of an epoch while somebody holds this lock. */
const HOLD = 7001;
const HOLD_FUNCTION = `CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql
  AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(${HOLD}); RETURN NEW; END'`;
const HELD = `SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
  WHERE datname = current_database() AND locktype = 'advisory' AND objid = ${HOLD} AND NOT granted`;

let made = 0;
/** Of the file that comes of a training that nothing disturbs. */
let plain: string | undefined;

/** A system that trains, and requests to it. */
class Trainings {
  readonly system: System;
  readonly #key: string;
  readonly database: Database;

  constructor(system: System, key: string) {
    this.system = system;
    this.#key = key;
    this.database = openDatabase(system.database.url, { max: 2, name: 'test', log: quiet });
  }

  static async start(options: Parameters<typeof startSystem>[0]): Promise<Trainings> {
    const workerEnv = { WORKER_ROLES: 'train', TRAIN_THREADS: '1' };
    const system = await startSystem({ ...options, workerEnv });
    const trainings = new Trainings(system, await keyIn(system.database, ['admin']));
    await trainings.database.query(HOLD_FUNCTION);
    return trainings;
  }

  async close(): Promise<void> {
    await this.database.close();
    await this.system.remove();
  }

  async call<T>(method: string, where: string, body?: object | Uint8Array): Promise<T> {
    const zip = body instanceof Uint8Array;
    const response = await fetch(`${this.system.url}${where}`, {
      method,
      headers: {
        Authorization: `Bearer ${this.#key}`,
        ...(body && { 'Content-Type': zip ? 'application/zip' : 'application/json' }),
      },
      ...(body && { body: zip ? new Uint8Array(body) : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status}: ${text}`);
    return (text === '' ? null : JSON.parse(text)) as T;
  }

  async newDataset(): Promise<string> {
    const { id } = await this.call<DatasetView>('POST', '/v1/datasets', { name: `colors ${made++}` });
    const { id: started } = await this.call<ImportView>(
      'POST',
      `/v1/datasets/${id}/import`,
      await colorZip(10),
    );
    await until(
      () => this.call<ImportView>('GET', `/v1/datasets/${id}/imports/${started}`),
      ({ state }) => state === 'succeeded',
    );
    return id;
  }

  async begin(dataset: string, settings: object = {}): Promise<TrainingView> {
    return this.call<TrainingView>('POST', '/v1/trainings', {
      ...SETTINGS,
      ...settings,
      ...{ dataset, name: `model-${made++}` },
    });
  }

  /** @returns the file of a training that nothing disturbs */
  async undisturbed(dataset: string): Promise<string | undefined> {
    const { id, model } = await this.begin(dataset);
    expect(await this.ended(id)).toMatchObject({ state: 'succeeded', error: null });
    return (await this.files(model.name))[0]?.sha256;
  }

  /**
   * Begins a training and works while its worker waits to note an epoch: its checkpoint is kept, the row does not name it yet,
   * and nothing later is written.
   */
  async beginHeld(
    dataset: string,
    epoch: number,
    work: (training: TrainingView) => Promise<void>,
  ): Promise<TrainingView> {
    await this.database.query(`CREATE OR REPLACE TRIGGER hold BEFORE UPDATE ON trainings FOR EACH ROW
      WHEN (jsonb_array_length(NEW.curve) >= ${epoch}) EXECUTE FUNCTION hold()`);
    return this.database.transaction(async (query) => {
      await query(`SELECT pg_advisory_xact_lock(${HOLD})`, []);
      const training = await this.begin(dataset);
      await until(
        () => this.database.query(HELD),
        (rows) => rows.length > 0,
      );
      await work(training);
      return training;
    });
  }

  look(id: string, wait = 0): Promise<TrainingView> {
    return this.call<TrainingView>('GET', `/v1/trainings/${id}?wait=${wait}`);
  }

  /** Waits until a training is as it should be; while the API is away it is asked again. */
  async reach(id: string, enough: (training: TrainingView) => boolean): Promise<TrainingView> {
    const look = () => this.look(id).catch(() => null);
    return (await until(look, (training) => training !== null && enough(training))) as TrainingView;
  }

  async ended(id: string): Promise<TrainingView> {
    return this.reach(id, ({ state }) => hasEnded(state));
  }

  /** The worker that holds a training. */
  async holder(id: string): Promise<SystemProcess> {
    const text = 'SELECT worker FROM trainings WHERE id = $1';
    const [row] = await this.database.query<{ worker: string }>(text, [id]);
    return this.system.workers.find(({ name }) => name === row?.worker) as SystemProcess;
  }

  /** Files of the versions of a model, whatever their states. */
  async files(name: string): Promise<{ state: string; sha256: string | undefined }[]> {
    const versions = await new ModelVersionStore(this.database).list({ name });
    return versions.map(({ state, files }) => ({ state, sha256: files[0]?.sha256 }));
  }

  /** Notes a row: one training was accepted, and one version is there, with the file that is expected. */
  async reportEnd(fault: string, { id, model }: TrainingView, overAt: number): Promise<TrainingView> {
    const ended = await this.ended(id);
    const recoveryS = (performance.now() - overAt) / 1000;
    const files = await this.files(model.name);
    const right = ended.state === 'succeeded' && files[0]?.state === 'ready' && files[0].sha256 === plain;
    report(`training: ${fault}`, {
      ...{ accepted: 1, right: right ? 1 : 0, failed: ended.state === 'failed' ? 1 : 0 },
      ...{ lost: files.length === 0 ? 1 : 0, doubled: Math.max(0, files.length - 1), refused: {}, recoveryS },
    });
    return ended;
  }
}

async function until<T>(look: () => Promise<T> | T, enough: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await look();
    if (enough(value)) return value;
    await sleep(LOOK_AGAIN_MS);
  }
}

/** Whether the training's process was stopped where it was. @throws Error when its worker has none */
function trainingRests(worker: number): boolean {
  const [child] = readFileSync(`/proc/${worker}/task/${worker}/children`, 'latin1').trim().split(' ');
  if (!child) throw new Error("the training's process ended instead of resting");
  return /\) T /.test(readFileSync(`/proc/${child}/stat`, 'latin1'));
}

describe('with two workers', () => {
  let trainings: Trainings;
  let dataset: string;

  beforeAll(async () => {
    trainings = await Trainings.start({ workers: 2 });
    dataset = await trainings.newDataset();
    plain = await trainings.undisturbed(dataset);
  }, 240_000);

  afterAll(() => trainings.close());

  /** Kills the worker that holds a training, and starts another one in its place. */
  async function killHolder(id: string): Promise<number> {
    await (await trainings.holder(id)).kill();
    const at = performance.now();
    await trainings.system.addWorker();
    return at;
  }

  it('goes on when its worker is killed while preparing', async () => {
    const training = await trainings.begin(dataset);
    await trainings.reach(training.id, ({ state }) => state !== 'queued');
    const overAt = await killHolder(training.id);
    await trainings.reportEnd('worker killed while preparing', training, overAt);
  });

  it('goes on when its worker is killed while training', async () => {
    let overAt = 0;
    const training = await trainings.beginHeld(dataset, 3, async ({ id }) => {
      overAt = await killHolder(id);
    });
    const ended = await trainings.reportEnd('worker killed while training', training, overAt);
    expect(ended.log.join('\n')).toMatch(/Goes on after epoch 2/);
  });

  it.each([
    ['its version', 'model_versions'],
    ['its end', 'training_answers'],
  ])('is published once when its worker is killed while it writes %s', async (what, table) => {
    const training = await trainings.begin(dataset);
    await trainings.reach(training.id, ({ curve }) => curve.length >= 1);
    const overAt = await trainings.database.transaction(async (query) => {
      await query(`LOCK TABLE ${table} IN EXCLUSIVE MODE`, []);
      const waiting = `SELECT FROM pg_locks WHERE relation = '${table}'::regclass AND NOT granted`;
      await until(
        () => trainings.database.query(waiting, []),
        (rows) => rows.length > 0,
      );
      return killHolder(training.id);
    });
    await trainings.reportEnd(`worker killed while writing ${what}`, training, overAt);
  });

  it('does not notice that the API is killed', async () => {
    const training = await trainings.begin(dataset);
    await trainings.reach(training.id, ({ curve }) => curve.length >= 1);
    await trainings.system.api.kill();
    await trainings.system.api.start();
    await trainings.reportEnd('API killed', training, performance.now());
  });

  it('rests while the database cannot be reached for longer than its lease, and goes on once', async () => {
    const training = await trainings.begin(dataset, LONG);
    await trainings.reach(training.id, ({ curve }) => curve.length >= 1);
    const { pid = 0 } = await trainings.holder(training.id);
    await withoutConnections(trainings.system.database, async () => {
      const cutAt = performance.now();
      await until(
        () => trainingRests(pid),
        (rests) => rests && performance.now() - cutAt > TRAINING_LEASE_S * 1000,
      );
    });
    const overAt = performance.now();
    const { curve } = await trainings.reach(training.id, () => true);
    await trainings.reach(training.id, (now) => now.curve.length > curve.length);
    await trainings.call('POST', `/v1/trainings/${training.id}/cancel`, { keep_best: true });
    const { state } = await trainings.ended(training.id);
    const files = await trainings.files(training.model.name);
    const right = state === 'canceled' && files[0]?.state === 'ready';
    report('training: database unreachable for longer than the lease, then canceled with the best so far', {
      ...{ accepted: 1, right: right ? 1 : 0, failed: state === 'failed' ? 1 : 0, refused: {} },
      ...{ lost: files.length === 0 ? 1 : 0, doubled: Math.max(0, files.length - 1) },
      recoveryS: (performance.now() - overAt) / 1000,
    });
  });

  it('learns from the images as they were when its data set is relabelled and removed', async () => {
    const own = await trainings.newDataset();
    const training = await trainings.begin(own);
    await trainings.reach(training.id, ({ curve }) => curve.length >= 1);
    const { items } = await trainings.call<{ items: ItemView[] }>(
      'GET',
      `/v1/datasets/${own}/items?limit=200`,
    );
    const ids = items.map(({ id }) => id);
    await trainings.call('PATCH', `/v1/datasets/${own}/items`, { ids, class: 'other' });
    await trainings.call('DELETE', `/v1/datasets/${own}`);
    await trainings.reportEnd('data set relabelled and removed', training, performance.now());
  });
});

describe('on a small disk', () => {
  let trainings: Trainings | null = null;
  let mount: string;

  beforeAll(async () => {
    mount = await mkdtemp(path.join(tmpdir(), 'scry-disk-'));
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', mount]).status === 0;
    if (!mounted) return;
    const dataDir = path.join(mount, 'data');
    await mkdir(dataDir);
    trainings = await Trainings.start({ dataDir, env: { DISK_RESERVE_BYTES: '0' } });
  }, 120_000);

  afterAll(async () => {
    await trainings?.close();
    if (trainings) spawnSync('umount', [mount]);
    await rm(mount, { recursive: true, force: true });
  });

  it('goes on when there is room again after the disk was full', async () => {
    if (!trainings) return;
    const dataset = await trainings.newDataset();
    plain ??= await trainings.undisturbed(dataset); // where this test runs alone
    const ballast = path.join(mount, 'ballast');
    // Held at its first checkpoint, no older one of it is removed later, which would make room.
    const training = await trainings.beginHeld(dataset, 1, async () => {
      await expect(writeFile(ballast, Buffer.alloc(32 * 2 ** 20))).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(await statfs(mount)).toMatchObject({ bavail: 0 });
    });
    await trainings.system.workers[0]?.said(/a training was interrupted/);
    expect(await trainings.files(training.model.name)).toEqual([]);
    await rm(ballast);
    await trainings.reportEnd('disk full', training, performance.now());
  });
});
