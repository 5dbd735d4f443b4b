/** What becomes of those who wait for a change when the connection that hears of changes breaks. */
import { jest } from '@jest/globals';
import { statusEvents } from '@scry/api/predictions/wait/events';
import { ChangeListener } from '@scry/shared/database/change-listener';
import { type Database, openDatabase } from '@scry/shared/database/database';
import { Leadership } from '@scry/shared/database/leader-lock';
import { CAT, finish, form, jpeg, predict, startApp, type TestApp, until } from '../../../helpers/app.js';
import { createDatabase, quiet, type TestDatabase } from '../../../helpers/services.js';
import { startSilentProxy } from '../../../helpers/silent-proxy.js';

const CONNECTIONS = `SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()`;

/** Ends the connections of that name, as a server does that shuts down. */
async function terminate(database: Database, name: string): Promise<void> {
  const rows = await database.query<{ pid: number }>(CONNECTIONS, [name]);
  expect(rows.length).toBeGreaterThan(0);
  await database.query('SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid', [
    rows.map(({ pid }) => pid),
  ]);
}

describe('a database of its own', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  beforeEach(async () => {
    testDatabase = await createDatabase();
    database = openDatabase(testDatabase.url, { max: 2, name: 'test', log: quiet });
  });
  afterEach(async () => {
    await database.close();
    await testDatabase.drop();
  });

  test('a listener notices that its path has become silent, and tells everyone to look', async () => {
    const proxy = await startSilentProxy(testDatabase.url);
    const probing = { everyMs: 50, answerWithinMs: 200 };
    const listener = new ChangeListener(proxy.url, quiet, undefined, probing);
    await listener.start();
    const told: (string | null)[] = [];
    listener.subscribe('one', (status) => told.push(status));
    proxy.silence();
    await database.query(`SELECT pg_notify('scry_predictions', 'one succeeded')`);
    await until('the listener has connected again', async () => told.length > 0);
    expect(told).toEqual([null]);
    await database.query(`SELECT pg_notify('scry_predictions', 'one failed')`);
    await until('changes are heard again', async () => told.length > 1);
    expect(told).toEqual([null, 'failed']);
    await listener.close();
    await proxy.close();
  });

  test('a lost connection does not end the process while work under the lock still runs', async () => {
    const leadership = new Leadership(testDatabase.url, 7, quiet);
    const stop = new AbortController();
    let finished = 0;
    const connected = async () => (await database.query(CONNECTIONS, ['scry-maintenance'])).length > 0;
    const running = leadership.run(async (signal) => {
      while (!signal.aborted) await new Promise(setImmediate);
      // The connection reports its end a second time in this while.
      await until('the connection is gone', async () => !(await connected()));
      finished++;
      stop.abort();
    }, stop.signal);
    await until('the lock is held', connected);
    await terminate(database, 'scry-maintenance');
    await running;
    expect(finished).toBe(1);
  });
});

describe('an API', () => {
  let app: TestApp;
  let database: Database;
  beforeAll(async () => {
    app = await startApp();
    database = openDatabase(app.services.config.DATABASE_URL, { max: 2, name: 'test', log: quiet });
  });
  afterAll(async () => {
    await database.close();
    await app.close();
  });

  /** Ends a prediction without telling anyone. */
  const endInSilence = (id: string) =>
    database.query(`UPDATE predictions SET ended = 'canceled', completed_at = now() WHERE id = $1`, [id]);
  const waiting = (count: number) =>
    until(`${count} wait`, async () => app.services.waiters.waiting === count);

  test('goes on waiting when the listener had to connect again', async () => {
    const id = 'waits-on';
    const headers = { Prefer: 'wait=20' };
    const body = form(await jpeg(1), { prediction_id: id });
    const answer = app.fetch('/v1/predictions', { method: 'POST', headers, body });
    await waiting(1);
    await terminate(database, 'scry-changes');
    await until('the listener is back', async () => {
      const rows = await database.query(CONNECTIONS, ['scry-changes']);
      return rows.length > 0 && app.services.changes.listening;
    });
    await app.services.predictions.finish(finish(id, CAT));
    expect((await answer).status).toBe(200);
  });

  test('answers a wait that runs out with the row as it is then', async () => {
    const { prediction_id: id } = await predict(app, await jpeg(2));
    const { waiters, predictions } = app.services;
    const watch = waiters.watchEnd(id);
    const ended = waiters.untilEnded(id, 500, watch);
    await predictions.get(id); // answered after the read with which the wait begins
    await endInSilence(id);
    expect(await ended).toMatchObject({ status: 'canceled' });
    waiters.end(watch);
  });

  test('answers a wait with the row from before while the database is unavailable', async () => {
    const { prediction_id: id } = await predict(app, await jpeg(3));
    const answer = app.fetch(`/v1/predictions/${id}?wait=1`);
    await waiting(1);
    const { predictions } = app.services;
    const get = jest.spyOn(predictions, 'get');
    get.mockRejectedValue(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }));
    const response = await answer;
    get.mockRestore();
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'queued' });
  });

  test('reads the row of an event stream again even when no change is told', async () => {
    const { prediction_id: id } = await predict(app, await jpeg(4));
    const first = await app.services.predictions.get(id);
    if (!first) throw new Error('no row');
    const { waiters } = app.services;
    const watch = waiters.watch(id);
    const statuses: string[] = [];
    for await (const event of statusEvents(waiters, watch, first, -1, 20)) {
      statuses.push(event.status);
      await endInSilence(id);
    }
    waiters.end(watch);
    expect(statuses).toEqual(['queued', 'canceled']);
  });
});
