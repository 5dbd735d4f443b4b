import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { REPO } from '../../../helpers/system.js';

const LOG = pathToFileURL(path.join(REPO, 'shared/dist/runtime/log.js')).href;

const LOG_AND_EXIT = `
  const { createLogger } = await import('${LOG}');
  const log = createLogger('test', 'info');
  process.stdin.resume().on('end', () => {
    for (let line = 0; line < 100; line++) log.info('nobody reads this');
    process.exit(7);
  });
`;

test('a process whose log nobody reads any more still ends', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', LOG_AND_EXIT], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const deadline = setTimeout(() => child.kill('SIGKILL'), 10_000);
  child.stdout.destroy();
  child.stdin.end();
  expect(await once(child, 'exit')).toEqual([7, null]);
  clearTimeout(deadline);
});
