/** Scry behind PgBouncer, which gives each client a PostgreSQL connection for its whole session. */
import { Leadership } from '@scry/shared/database/leader-lock';
import { CAT, finish, form, jpeg, startApp, type TestApp } from '../../../helpers/app.js';
import { type PgBouncer, startPgBouncer } from '../../../helpers/pgbouncer.js';
import { createDatabase, quiet, type TestDatabase } from '../../../helpers/services.js';
import { startSystem } from '../../../helpers/system.js';

let testDatabase: TestDatabase;
let pgBouncer: PgBouncer | null;
let app: TestApp | null = null;

beforeAll(async () => {
  testDatabase = await createDatabase();
  pgBouncer = await startPgBouncer(testDatabase.url, 'session');
  if (pgBouncer) app = await startApp({ DATABASE_URL: pgBouncer.url });
});
afterAll(async () => {
  await app?.close();
  await pgBouncer?.close();
  await testDatabase.drop();
});

test('predictions are accepted, waited for, listed and answered', async () => {
  if (!app) return;
  const { services } = app;
  const id = 'through-pgbouncer';
  const body = form(await jpeg(1), { prediction_id: id });
  const answer = app.fetch('/v1/predictions', { method: 'POST', headers: { Prefer: 'wait=20' }, body });
  while (!(await services.predictions.get(id))) await new Promise(setImmediate);
  expect(await services.predictions.claim(id, 'test')).toEqual({ claimed: true, deaths: 0 });
  await services.predictions.finish(finish(id, CAT));
  expect(await (await answer).json()).toMatchObject({ status: 'succeeded' });
  expect(await (await app.fetchAsAdmin('/v1/predictions?label=cat')).json()).toMatchObject({
    items: [{ prediction_id: id }],
  });
  expect(await (await app.fetch('/readyz')).json()).toMatchObject({ ready: true });
});

test('one process at a time holds the lock under which the maintenance runs', async () => {
  if (!pgBouncer) return;
  const stop = new AbortController();
  const { url } = pgBouncer;
  let holders = 0;
  const hold = (key: number) =>
    new Leadership(url, key, quiet).run(async () => {
      expect(++holders).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 50));
      stop.abort();
    }, stop.signal);
  await Promise.all([hold(8), hold(8)]);
  expect(holders).toBe(1);
});

test('a worker takes jobs from a queue behind it, and answers', async () => {
  if (!pgBouncer) return;
  const system = await startSystem({
    database: { url: pgBouncer.url, name: testDatabase.name, drop: async () => undefined },
    workerEnv: { WORKER_THREADS: '1', WORKER_MODELS: 'everyday-10' },
  });
  expect(await system.predict(await jpeg(2))).toMatchObject({ status: 'succeeded' });
  await system.remove();
});
