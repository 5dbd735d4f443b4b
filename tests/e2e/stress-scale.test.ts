/** The load tool's ladder of workers and users, as an operator runs it, on simulated devices. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Rung } from '@scry/stress/scale/ladder';
import { redisIsInstalled } from '../helpers/services.js';
import { REPO } from '../helpers/system.js';

const testWithRedis = redisIsInstalled() ? test : test.skip;

interface Ended {
  readonly code: number;
  readonly output: string;
}

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'scry-scale-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** @param onLine called with each line of standard output, and what sends Ctrl-C */
async function scale(more: string[], onLine?: (line: string, interrupt: () => void) => void): Promise<Ended> {
  const script = path.join(REPO, 'stress/dist/cli/main.js');
  const short = ['--duration', '1', '--ramp', '0.2', '--warm-up', '0.5', '--report', folder];
  const child = spawn(process.execPath, [script, 'scale', ...short, ...more], { cwd: REPO });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      onLine?.(line, () => child.kill('SIGINT'));
    });
  }
  const [code] = (await once(child, 'close')) as [number];
  return { code, output: lines.join('\n') };
}

const DEVICE = ['--simulated-device', '60,10'];

async function measured(): Promise<{ rungs: Rung[]; stopped: string | null }> {
  return JSON.parse(await readFile(path.join(folder, 'scale.json'), 'utf8'));
}

testWithRedis(
  'more workers and users are measured, and only the report stays',
  async () => {
    const { code, output } = await scale([...DEVICE, '--workers', '1,2', '--users', '1,2,8']);
    expect(output).toContain('From 1 to 2 workers the best throughput goes from');
    expect(code).toBe(0);
    const { rungs, stopped } = await measured();
    expect(stopped).toBeNull();
    expect(rungs.map(({ workers }) => workers)).toEqual([1, 2]);
    // One device does at most 4 images in 100 ms; answers of the ramp may fall into the second that is measured.
    for (const { workers, steps } of rungs) {
      for (const { perSecond, failed } of steps) {
        expect(failed).toBe(0);
        expect(perSecond).toBeGreaterThan(0);
        expect(perSecond).toBeLessThanOrEqual(workers * 40 * 1.3);
      }
    }
    expect((await readdir(folder)).sort()).toEqual(['scale.html', 'scale.json', 'scale.md']);
    expect(await readFile(path.join(folder, 'scale.html'), 'utf8')).toContain('<polyline');
  },
  120_000,
);

testWithRedis(
  'Ctrl-C ends it in order, with a report of the steps until then',
  async () => {
    const { code, output } = await scale([...DEVICE, '--workers', '1'], (line, interrupt) => {
      if (/^ *1 +2 /.test(line)) interrupt();
    });
    expect(output).toContain('Interrupted.');
    expect(code).toBe(130);
    const { rungs, stopped } = await measured();
    expect(stopped).toBe('interrupted');
    expect(rungs[0]?.steps.map(({ users }) => users)).toEqual([1, 2]);
    expect((await readdir(folder)).filter((name) => name.startsWith('system-'))).toEqual([]);
  },
  120_000,
);

testWithRedis(
  'a model that cannot be asked for is said in a sentence, with exit code 2',
  async () => {
    const { code, output } = await scale([...DEVICE, '--workers', '1', '--models', 'no-such']);
    expect(output).toContain('has no model no-such; it has simulated.');
    expect(code).toBe(2);
    expect(await readdir(folder)).toEqual([]);
  },
  120_000,
);
