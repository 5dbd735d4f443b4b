/** What `npm start` does when its own PostgreSQL breaks: its port is taken, or there is no room on the disk. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rename, rm, statfs, truncate, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { Launcher } from '../helpers/launcher.js';
import { type CountedSystem, Ledger } from '../helpers/ledger.js';
import { report } from './report.js';

const MIB = 1024 * 1024;
const RESERVE = 96 * MIB;
const IMAGES = 20;

let volume: string;
let mounted = false;
let launcher: Launcher;
let ledger: Ledger;

const inHome = (name: string) => path.join(volume, 'data/postgres', name);

/** What `npm start` runs. Its database's address is read each time, since it changes. */
class Started implements CountedSystem {
  readonly url: string;
  readonly database = {
    get url() {
      const [password, port] = ['password', 'port'].map((name) => readFileSync(inHome(name), 'utf8').trim());
      return `postgres://scry:${password}@127.0.0.1:${port}/scry`;
    },
  };

  constructor(url: string) {
    this.url = url;
  }

  async predict(image: Buffer | Uint8Array): Promise<PredictionView> {
    const body = new FormData();
    body.set('image', new Blob([new Uint8Array(image)]), 'image.jpg');
    const headers = { Prefer: 'wait=30' };
    const response = await fetch(`${this.url}/v1/predictions`, { method: 'POST', body, headers });
    return (await response.json()) as PredictionView;
  }

  async readiness(): Promise<{ ready: boolean; checks: Record<string, string> }> {
    const response = await fetch(`${this.url}/readyz`);
    return (await response.json()) as { ready: boolean; checks: Record<string, string> };
  }

  async untilReady(): Promise<void> {
    const ready = () =>
      this.readiness().then(
        (report) => report.ready,
        () => false, // the API is being started again
      );
    while (!(await ready())) await sleep(50);
  }

  /** @returns its checks then */
  async untilNotReady(): Promise<Record<string, string>> {
    for (;;) {
      const { ready, checks } = await this.readiness();
      if (!ready) return checks;
      await sleep(50);
    }
  }
}

let started: Started;

beforeAll(async () => {
  volume = await mkdtemp(path.join(tmpdir(), 'scry-start-volume-'));
  mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=400m', 'tmpfs', volume]).status === 0;
  if (!mounted) {
    process.stderr.write('no volume can be mounted here (root is needed): a full disk is not tried\n');
  }
  await chmod(volume, 0o755); // PostgreSQL runs as another user
  launcher = new Launcher(path.join(volume, 'data'), { DISK_RESERVE_BYTES: String(RESERVE) });
  started = new Started((await launcher.said(/Page {5}(http:\S+)\/$/))[1] as string);
  ledger = await Ledger.open(started);
}, 120_000);

beforeEach(() => ledger.reset());

afterAll(async () => {
  await launcher.end('SIGTERM');
  if (mounted) spawnSync('umount', [volume]);
  await rm(volume, { recursive: true, force: true });
}, 60_000);

/** Ends PostgreSQL as the kernel does that runs out of memory. @returns the port it had */
async function killPostgres(): Promise<number> {
  const [pid = ''] = (await readFile(inHome('cluster/postmaster.pid'), 'utf8')).split('\n');
  process.kill(Number(pid), 'SIGKILL');
  return Number(await readFile(inHome('port'), 'utf8'));
}

/** Takes a port as soon as it is free. */
async function take(port: number): Promise<Server> {
  for (;;) {
    const server = createServer().listen(port, '127.0.0.1');
    const taken = await once(server, 'listening').then(
      () => true,
      () => false, // not free yet
    );
    if (taken) return server;
  }
}

test('goes on at another port when PostgreSQL died and its port was taken', async () => {
  await ledger.uploadMany(IMAGES);
  const from = launcher.lines.length;
  const squatter = await take(await killPostgres());
  const overAt = performance.now();
  await launcher.said(/has a new address/, from);
  await launcher.said(/"name":"worker".*"msg":"ready"/, from);
  await started.untilReady();
  await ledger.uploadMany(IMAGES);
  report('npm start: PostgreSQL killed, its port taken', await ledger.settle(overAt));
  squatter.close();
  expect(launcher.process.exitCode).toBeNull();
}, 120_000);

test('refuses uploads below the reserve, so that a full disk loses nothing', async () => {
  if (!mounted) return;
  await ledger.uploadMany(IMAGES);
  const ballast = path.join(volume, 'ballast');
  const { bavail, bsize } = await statfs(volume);
  await writeFile(ballast, Buffer.alloc(bavail * bsize - RESERVE + 8 * MIB));
  const checks = await started.untilNotReady();
  await ledger.uploadMany(IMAGES);
  expect(checks).toMatchObject({ database: 'ok', volume: expect.stringMatching(/reserve of 96 MiB/) });
  await truncate(ballast, 0);
  const overAt = performance.now();
  await started.untilReady();
  await ledger.uploadMany(IMAGES);
  const tally = await ledger.settle(overAt);
  expect(tally).toMatchObject({ accepted: 2 * IMAGES, refused: { 507: IMAGES } });
  report('npm start: less free space than the reserve', tally);
}, 60_000);

test('starts PostgreSQL again for as long as it takes, on a full disk too, and loses nothing', async () => {
  if (!mounted) return;
  await ledger.uploadMany(IMAGES);
  const ballast = path.join(volume, 'ballast');
  await writeFile(ballast, Buffer.alloc(500 * MIB)).catch((error: NodeJS.ErrnoException) => {
    expect(error.code).toBe('ENOSPC');
  });
  // Whether a full disk keeps PostgreSQL from starting depends on what it left half done; without this file it cannot.
  const needed = inHome('cluster/global/pg_control');
  const from = launcher.lines.length;
  await rename(needed, `${needed}.hidden`);
  await killPostgres();
  await launcher.said(/Trying again in 1000 ms/, from); // it failed twice
  await ledger.uploadMany(IMAGES);
  expect(launcher.process.exitCode).toBeNull();
  await rename(`${needed}.hidden`, needed);
  await rm(ballast);
  const overAt = performance.now();
  await launcher.said(/runs again/, from);
  await started.untilReady();
  report('npm start: disk full, PostgreSQL killed and not able to start', await ledger.settle(overAt));
}, 60_000);
