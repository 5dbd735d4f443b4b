/** What happens when images cannot be written: a full volume and one that turns read-only. Needs root, to mount one. */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../helpers/app.js';
import { shapesJpeg } from '../helpers/images.js';
import { Ledger } from '../helpers/ledger.js';
import { type System, startSystem } from '../helpers/system.js';
import { VersionClient } from '../helpers/versions.js';
import { report } from './report.js';

function run(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

let mount: string;
let system: System;
let ledger: Ledger;
let mounted = false;

beforeAll(async () => {
  mount = await mkdtemp(path.join(tmpdir(), 'scry-volume-'));
  mounted = run('mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', mount);
  if (!mounted) {
    process.stderr.write(
      'no small volume can be mounted here (root is needed): tests of full volumes are skipped\n',
    );
    return;
  }
  const dataDir = path.join(mount, 'data');
  await mkdir(dataDir);
  system = await startSystem({ dataDir, env: { DISK_RESERVE_BYTES: '0' } });
  ledger = await Ledger.open(system);
});

afterAll(async () => {
  if (mounted) {
    await system.remove();
    run('umount', mount);
  }
  await rm(mount, { recursive: true, force: true });
});

const temporaryFiles = () => readdir(path.join(mount, 'data', 'uploads', 'tmp'));

async function expectRefusal(statuses: readonly number[], sentence: RegExp): Promise<void> {
  const response = await system.upload(await shapesJpeg(1, 1600, 1200));
  expect(statuses).toContain(response.status);
  expect(await response.json()).toMatchObject({ code: 530, detail: expect.stringMatching(sentence) });
  // What was found within the last 200 ms is told to everybody who asks.
  await until('readiness notices', async () => (await fetch(`${system.url}/readyz`)).status === 503);
  const readiness = await fetch(`${system.url}/readyz`);
  expect(await readiness.json()).toMatchObject({ checks: { volume: expect.not.stringMatching(/^ok$/) } });
  expect(await temporaryFiles()).toEqual([]);
}

it('refuses clearly while the volume is full, writes nothing by halves, and goes on when there is room', async () => {
  if (!mounted) return;
  await ledger.uploadMany(20);
  const ballast = path.join(mount, 'ballast');
  await writeFile(ballast, Buffer.alloc(16 * 1024 * 1024)).catch((error: NodeJS.ErrnoException) => {
    expect(error.code).toBe('ENOSPC');
  });
  await expectRefusal([507], /full/);
  await ledger.uploadMany(20);
  await rm(ballast);
  const overAt = performance.now();
  await ledger.uploadMany(20);
  const tally = await ledger.settle(overAt);
  expect(tally.accepted).toBeGreaterThanOrEqual(40);
  report('uploads volume full', tally);
});

it('a model that the disk fills up under is refused clearly, and leaves nothing behind', async () => {
  if (!mounted) return;
  ledger.reset();
  const versions = await VersionClient.open(system, 'mean');
  await ledger.during(async () => {
    const response = await versions.send('1', { ballast: 12 << 20 }); // of 8 MiB
    expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([
      507,
      expect.stringMatching(/full/),
    ]);
    expect(await readdir(path.join(mount, 'data', 'blobs', 'incoming'))).toEqual([]);
    expect(await versions.push('1', { label: 'stable' })).toMatchObject({ state: 'ready' });
  }, 2);
  report('disk full during the upload of a model', await ledger.settle(performance.now()));
});

it('refuses clearly while the volume is read-only, and goes on when it is not', async () => {
  if (!mounted) return;
  ledger.reset();
  await ledger.uploadMany(20);
  expect(run('mount', '-o', 'remount,ro', mount)).toBe(true);
  await expectRefusal([503], /cannot be written|saved/);
  await ledger.uploadMany(20);
  expect(run('mount', '-o', 'remount,rw', mount)).toBe(true);
  const overAt = performance.now();
  await ledger.uploadMany(20);
  report('uploads volume read-only', await ledger.settle(overAt));
});
