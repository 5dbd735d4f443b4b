/** The load tool against a real system, as an operator runs it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { REPO, type System, startSystem } from '../helpers/system.js';

interface Ended {
  readonly code: number;
  readonly output: string;
}

let system: System;
let folder: string;

beforeAll(async () => {
  system = await startSystem({ workers: 1 });
  folder = await mkdtemp(path.join(tmpdir(), 'scry-stress-'));
}, 120_000);

afterAll(async () => {
  await rm(folder, { recursive: true });
  expect(await system.remove()).toEqual(['exit code 0', 'exit code 0']);
}, 60_000);

async function stress(...more: string[]): Promise<Ended> {
  const script = path.join(REPO, 'stress/dist/cli/main.js');
  const common = ['load', '--duration', '2', '--ramp', '0.5', '--report', folder];
  const child = spawn(process.execPath, [script, ...common, ...more], { cwd: REPO });
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await once(child, 'close')) as [number];
  return { code, output: (await output).join('\n') };
}

async function result(): Promise<{ answered: number; failed: number; sent: number; lateness: unknown }> {
  return (JSON.parse(await readFile(path.join(folder, 'load.json'), 'utf8')) as { result: never }).result;
}

test.each(['poll', 'wait', 'events'])('clients that %s get all their answers', async (mode) => {
  const { code, output } = await stress('--url', system.url, '--users', '3', '--mode', mode);
  expect(output).toContain('none of');
  expect(code).toBe(0);
  const { answered, failed, sent } = await result();
  expect(answered).toBeGreaterThanOrEqual(3); // each client one at the least
  expect([failed, sent]).toEqual([0, answered]);
});

test('an open loop sends what was asked for, and writes a report that needs nothing else', async () => {
  const { code } = await stress('--url', system.url, '--rate', '10', '--models', 'everyday-10,blood-cells');
  expect(code).toBe(0);
  expect((await result()).sent).toBe(22); // 2 s at 10/s, and half of that for half a second of ramp
  const html = await readFile(path.join(folder, 'load.html'), 'utf8');
  expect(html).toContain('<polyline');
  expect(html).not.toMatch(/<script|src=|href=/);
});

test('failures give exit code 1, up to the number that is allowed', async () => {
  const tooFast = ['--url', system.url, '--users', '1', '--deadline', '0.1', '--models', 'blood-cells'];
  system.workers[0]?.signal('SIGSTOP');
  try {
    const refused = await stress(...tooFast);
    expect(refused.code).toBe(1);
    expect(refused.output).toContain('no answer within 100 ms');
    expect((await stress(...tooFast, '--max-failures', '1000')).code).toBe(0);
  } finally {
    system.workers[0]?.signal('SIGCONT');
  }
});

test('a wrong address or model is said in a sentence, with exit code 2', async () => {
  expect(await stress('--url', 'http://127.0.0.1:9')).toMatchObject({
    code: 2,
    output: expect.stringContaining('does not answer'),
  });
  expect(await stress('--url', system.url, '--models', 'no-such')).toMatchObject({
    code: 2,
    output: expect.stringContaining('it has blood-cells, everyday-10'),
  });
});
