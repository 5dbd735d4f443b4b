import { persist } from '@scry/shared/database/persist';
import { createLogger } from '@scry/shared/runtime/log';

const log = createLogger('test', 'silent');
const unavailable = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

test('a write is tried until the database takes it', async () => {
  let tries = 0;
  const write = async () => {
    if (++tries < 3) throw unavailable();
    return 'written';
  };
  expect(await persist(write, new AbortController().signal, log)).toBe('written');
  expect(tries).toBe(3);
});

test('an error that does not pass is thrown at once', async () => {
  let tries = 0;
  const write = async () => {
    tries++;
    throw Object.assign(new Error('violates a constraint'), { code: '23505' });
  };
  await expect(persist(write, new AbortController().signal, log)).rejects.toThrow('violates a constraint');
  expect(tries).toBe(1);
});

test('a process that stops waits no longer, and throws the last error', async () => {
  const stop = new AbortController();
  let tries = 0;
  const write = async () => {
    if (++tries === 2) stop.abort(); // while it is tried: nothing is left to wait for
    throw unavailable();
  };
  await expect(persist(write, stop.signal, log)).rejects.toThrow('ECONNREFUSED');
  expect(tries).toBe(2);
});
