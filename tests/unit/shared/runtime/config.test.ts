import { loadConfig } from '@scry/shared/runtime/load-config';

const DATABASE_URL = 'postgres://scry:hunter2@db/scry';

function problemsOf(env: NodeJS.ProcessEnv): string {
  try {
    loadConfig(env);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was wrong');
}

it('names settings that are wrong with their values, but no secrets', () => {
  const said = problemsOf({
    DATABASE_URL: 'mysql://scry:hunter2@db/scry',
    QUEUE_URL: 'amqp://guest:hunter2@queue',
    WEBHOOK_SECRET: 'hunter2',
    PORT: 'eighty',
  });
  expect(said).toContain('PORT=eighty: ');
  for (const name of ['DATABASE_URL', 'QUEUE_URL', 'WEBHOOK_SECRET']) expect(said).toContain(`${name}: `);
  expect(said).not.toContain('hunter2');
});

it.each([
  [{}, []],
  [{ ALLOWED_HOSTS: 'a.lan, b.lan' }, ['a.lan', 'b.lan']],
  [{ HOST: '0.0.0.0' }, ['*']],
  [{ AUTH: 'key' }, ['*']],
  [{ AUTH: 'open', HOST: '0.0.0.0' }, ['*']],
  [{ HOST: '::1' }, []],
])('with %j the API answers as %j besides loopback', (env, names) => {
  expect(loadConfig({ DATABASE_URL, ...env }).ALLOWED_HOSTS).toEqual(names);
});
