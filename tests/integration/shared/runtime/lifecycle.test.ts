import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { REPO } from '../../../helpers/system.js';

const module = (name: string) => pathToFileURL(path.join(REPO, 'shared/dist/runtime', name)).href;

/** A process that is managed; it prints its log, and keeps running until it is told to end. */
const program = (options: string, then: string) => `
  const { createLogger } = await import('${module('log.js')}');
  const { manageLifecycle } = await import('${module('lifecycle.js')}');
  const alive = setInterval(() => {}, 1000);
  const log = createLogger('test', 'info');
  const lifecycle = manageLifecycle({ log, deadlineMs: 60_000, stop: async () => {}, ${options} });
  ${then}
  lifecycle.ready();
`;

/** @returns how the process ended, and what it said */
async function live(options: string, then = '', onReady: 'SIGTERM' | 'disconnect' | null = 'SIGTERM') {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program(options, then)], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  if (onReady)
    child.once('message', () => {
      if (onReady === 'disconnect') child.disconnect();
      else child.kill(onReady);
    });
  const said = text(child.stdout as NodeJS.ReadableStream);
  const [code] = await once(child, 'exit');
  const lines = (await said).trim().split('\n');
  return { code, said: lines.map((line) => (JSON.parse(line) as { msg: string }).msg) };
}

test('a process that is asked to stop stops and exits 0', async () => {
  const ended = await live(`stop: async () => log.info('closing')`);
  expect(ended).toEqual({ code: 0, said: ['stopping', 'closing', 'stopped'] });
});

test('one whose starter has gone stops too', async () => {
  expect(await live('', '', 'disconnect')).toMatchObject({ code: 0 });
});

test('one that does not stop in time puts right what it can, and exits 0', async () => {
  const options = `deadlineMs: 50, stop: () => new Promise(() => {}), onDeadline: async () => log.info('released')`;
  expect(await live(options)).toEqual({
    code: 0,
    said: ['stopping', 'not everything stopped in time', 'released'],
  });
});

test('one whose stopping fails exits 1', async () => {
  const ended = await live(`stop: async () => { throw new Error('no'); }`);
  expect(ended).toEqual({ code: 1, said: ['stopping', 'stopping failed'] });
});

test.each(['throw new Error("x")', 'Promise.reject(new Error("x"))'])(
  'after "%s" where nobody expects it, a process says so, stops and exits 1',
  async (statement) => {
    const ended = await live('', `setTimeout(() => { ${statement} });`, null);
    expect(ended).toEqual({ code: 1, said: ['unexpected error', 'stopping', 'stopped'] });
  },
);

test('stopping twice is stopping once, with the first exit code', async () => {
  const ended = await live('', `lifecycle.shutDown('unhealthy', 3); lifecycle.shutDown('again', 4);`, null);
  expect(ended).toEqual({ code: 3, said: ['stopping', 'stopped'] });
});
