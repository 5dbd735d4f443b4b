/** What `npm start` does when its own PostgreSQL breaks: its port is taken, or there is no room on the disk. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rename, rm, statfs, truncate, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { shapesJpeg } from '../helpers/images.js';
import { Launcher } from '../helpers/launcher.js';

const MIB = 1024 * 1024;
const RESERVE = 96 * MIB;
const IMAGES = 20;

let volume: string;
let mounted = false;
let launcher: Launcher;
let base: string;
const accepted: string[] = [];

beforeAll(async () => {
  volume = await mkdtemp(path.join(tmpdir(), 'scry-start-volume-'));
  mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=400m', 'tmpfs', volume]).status === 0;
  if (!mounted) {
    process.stderr.write('no volume can be mounted here (root is needed): a full disk is not tried\n');
  }
  await chmod(volume, 0o755); // PostgreSQL runs as another user
  launcher = new Launcher(path.join(volume, 'data'), { DISK_RESERVE_BYTES: String(RESERVE) });
  base = (await launcher.said(/Page {5}(http:\S+)\/$/))[1] as string;
}, 120_000);

afterAll(async () => {
  await launcher.end('SIGTERM');
  if (mounted) spawnSync('umount', [volume]);
  await rm(volume, { recursive: true, force: true });
}, 60_000);

async function upload(seed: number): Promise<number> {
  const body = new FormData();
  body.set('image', new Blob([new Uint8Array(await shapesJpeg(seed))]), 'image.jpg');
  const response = await fetch(`${base}/v1/predictions`, { method: 'POST', body });
  const view = (await response.json()) as PredictionView;
  if (response.status === 202) accepted.push(view.prediction_id);
  return response.status;
}

async function uploadMany(): Promise<number[]> {
  return Promise.all(Array.from({ length: IMAGES }, (_, seed) => upload(seed)));
}

async function expectAllAnswered(): Promise<void> {
  for (const id of accepted) {
    const response = await fetch(`${base}/v1/predictions/${id}?wait=30`);
    expect(await response.json()).toMatchObject({ prediction_id: id, status: 'succeeded' });
  }
}

/** Ends PostgreSQL as the kernel does that runs out of memory. @returns the port it had */
async function killPostgres(): Promise<number> {
  const folder = path.join(volume, 'data/postgres');
  const [pid = ''] = (await readFile(path.join(folder, 'cluster/postmaster.pid'), 'utf8')).split('\n');
  process.kill(Number(pid), 'SIGKILL');
  return Number(await readFile(path.join(folder, 'port'), 'utf8'));
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

async function readiness(): Promise<{ ready: boolean; checks: Record<string, string> }> {
  const response = await fetch(`${base}/readyz`);
  return (await response.json()) as { ready: boolean; checks: Record<string, string> };
}

async function untilReady(): Promise<void> {
  const ready = () =>
    readiness().then(
      (report) => report.ready,
      () => false, // the API is being started again
    );
  while (!(await ready())) await new Promise((resolve) => setTimeout(resolve, 100));
}

test('goes on at another port when PostgreSQL died and its port was taken', async () => {
  await uploadMany();
  const from = launcher.lines.length;
  const squatter = await take(await killPostgres());
  await launcher.said(/has a new address/, from);
  await launcher.said(/"name":"worker".*"msg":"ready"/, from);
  await untilReady();
  expect(await uploadMany()).toEqual(Array(IMAGES).fill(202));
  await expectAllAnswered();
  squatter.close();
  expect(launcher.process.exitCode).toBeNull();
}, 120_000);

test('refuses uploads below the reserve, so that a full disk loses nothing', async () => {
  if (!mounted) return;
  const ballast = path.join(volume, 'ballast');
  const free = async () => {
    const { bavail, bsize } = await statfs(volume);
    return bavail * bsize;
  };
  await writeFile(ballast, Buffer.alloc((await free()) - RESERVE + 8 * MIB));
  await new Promise((resolve) => setTimeout(resolve, 1100)); // free space is measured once a second
  expect(await uploadMany()).toEqual(Array(IMAGES).fill(507));
  const { ready, checks } = await readiness();
  expect(ready).toBe(false);
  expect(checks).toMatchObject({ database: 'ok', volume: expect.stringMatching(/reserve of 96 MiB/) });
  await expectAllAnswered();
  await truncate(ballast, 0);
  await untilReady();
  expect(await uploadMany()).toEqual(Array(IMAGES).fill(202));
}, 60_000);

test('starts PostgreSQL again for as long as it takes, on a full disk too, and loses nothing', async () => {
  if (!mounted) return;
  await uploadMany();
  const ballast = path.join(volume, 'ballast');
  await writeFile(ballast, Buffer.alloc(500 * MIB)).catch((error: NodeJS.ErrnoException) => {
    expect(error.code).toBe('ENOSPC');
  });
  // Whether a full disk keeps PostgreSQL from starting depends on what it left half done; without this file it cannot.
  const needed = path.join(volume, 'data/postgres/cluster/global/pg_control');
  const from = launcher.lines.length;
  await rename(needed, `${needed}.hidden`);
  await killPostgres();
  await launcher.said(/Trying again in 1000 ms/, from); // it failed twice
  expect(launcher.process.exitCode).toBeNull();
  await rename(`${needed}.hidden`, needed);
  await rm(ballast);
  await launcher.said(/runs again/, from);
  await untilReady();
  await expectAllAnswered();
}, 60_000);
