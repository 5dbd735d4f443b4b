import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLogger } from '@scry/shared/runtime/log';
import { keepAliveFile } from '@scry/worker/health/alive';

test('the file for health checks is there as soon as it is asked for, and names the process', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'scry-alive-'));
  const file = path.join(folder, 'alive');
  await keepAliveFile(file, createLogger('test', 'silent'));
  expect(await readFile(file, 'utf8')).toBe(`${process.pid}\n`);
  await rm(folder, { recursive: true });
});
