import path from 'node:path';
import { acceptFolders, form, jpeg, predict, startApp, type TestApp, until } from '../../../helpers/app.js';
import { startRedis, type TestRedis } from '../../../helpers/services.js';
import { REPO, startSystem } from '../../../helpers/system.js';

describe('a running API', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  test('lives and is ready', async () => {
    expect(await (await app.fetch('/healthz')).json()).toEqual({ status: 'ok' });
    const ready = await app.fetch('/readyz');
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({
      ready: true,
      checks: { database: 'ok', queue: 'ok', volume: 'ok' },
    });
  });

  test('is not ready once it has begun to stop', async () => {
    const stopping = await startApp();
    stopping.services.readiness.stop();
    const ready = await stopping.fetch('/readyz');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ ready: false, checks: { process: 'stopping' } });
    await stopping.close();
  });

  test('counts what it does for Prometheus, under routes and not under paths', async () => {
    const { prediction_id: id } = await predict(app, await jpeg(1), { model: 'blood-cells' });
    await app.fetch(`/v1/predictions/${id}`);
    await app.fetch('/nowhere');
    const metrics = await (await app.fetch('/metrics')).text();
    expect(metrics).toMatch(/^scry_predictions_created_total\{model="blood-cells"\} 1$/m);
    expect(metrics).toMatch(/^scry_predictions_unfinished\{model="blood-cells"\} 1$/m);
    expect(metrics).toMatch(/^scry_queue_jobs\{model="blood-cells",version="1",state="wait"\} 1$/m);
    expect(metrics).toMatch(
      /http_request_duration_seconds_count\{method="GET",route="\/v1\/predictions\/:id",status="200"\} 1/,
    );
    expect(metrics).toMatch(
      /http_request_duration_seconds_count\{method="GET",route="none",status="404"\} 1/,
    );
    expect(metrics).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
    expect(metrics).not.toMatch(id);
  });

  test("gives every answer an id, the client's own where it is a sane one", async () => {
    const idOf = async (sent?: string) =>
      (
        await app.fetch('/healthz', sent === undefined ? {} : { headers: { 'X-Request-Id': sent } })
      ).headers.get('x-request-id');
    expect(await idOf('my-trace.1')).toBe('my-trace.1');
    expect(await idOf('not ok')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idOf()).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('refuses uploads with 507 below the reserve of disk space, and says so to operators', async () => {
    const reserve = 2 ** 52;
    const full = await startApp({ DISK_RESERVE_BYTES: String(reserve) });
    const body = form(await jpeg(3));
    const refused = await full.fetch('/v1/predictions', { method: 'POST', body });
    expect(refused.status).toBe(507);
    expect(await refused.json()).toMatchObject({ type: '/problems/storage-full', code: 530 });
    const ready = await full.fetch('/readyz');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      checks: { database: 'ok', volume: expect.stringMatching(/DISK_RESERVE_BYTES/) },
    });
    const metrics = await (await full.fetch('/metrics')).text();
    expect(metrics).toMatch(`scry_disk_reserve_bytes ${reserve}`);
    expect(metrics).toMatch(/^scry_disk_free_bytes [1-9]\d+$/m);
    await full.close();
  });

  test('puts PUBLIC_URL into links where it is set', async () => {
    const behindProxy = await startApp({ PUBLIC_URL: 'https://scry.example/images/' });
    const prediction = await predict(behindProxy, await jpeg(2));
    expect(prediction.urls.get).toBe(
      `https://scry.example/images/v1/predictions/${prediction.prediction_id}`,
    );
    await behindProxy.close();
  });
});

describe('a queue that is unavailable', () => {
  let redis: TestRedis | null;
  let app: TestApp;
  beforeAll(async () => {
    redis = await startRedis();
    if (redis) app = await startApp({ QUEUE_URL: redis.url });
  });
  afterAll(async () => {
    await app?.close();
    await redis?.remove();
  });

  test('does not stop predictions from being accepted, and is named by /readyz', async () => {
    if (!redis) return;
    await predict(app, await jpeg(1));
    await redis.stop();
    await until(
      'the queue is known to be unavailable',
      async () => (await app.fetch('/readyz')).status === 503,
    );
    expect(await (await app.fetch('/readyz')).json()).toMatchObject({
      checks: { database: 'ok', volume: 'ok' },
    });

    const started = performance.now();
    const prediction = await predict(app, await jpeg(2));
    expect(performance.now() - started).toBeLessThan(2000);
    expect(prediction.status).toBe('queued');
    expect(await (await app.fetch('/metrics')).text()).toMatch(/unqueued_total\{model="everyday-10"\} 1/);

    await redis.start();
    await until('the queue is back', async () => (await app.fetch('/readyz')).status === 200);
    await predict(app, await jpeg(3));
    expect((await app.services.queues.counts(['everyday-10@1']))?.[0]?.wait).toBeGreaterThanOrEqual(2);
  });
});

describe('the API process', () => {
  test('answers what waits as things stand, and ends with exit code 0, when asked to stop', async () => {
    const system = await startSystem({ workers: 0 });
    await acceptFolders(system.database.url, path.join(REPO, 'models'));
    const accepted = await system.upload(await jpeg(1));
    const { prediction_id: id } = (await accepted.json()) as { prediction_id: string };
    const waiting = fetch(`${system.url}/v1/predictions/${id}?wait=60`);
    const events = fetch(`${system.url}/v1/predictions/${id}/events`).then((response) => response.text());
    await until('both wait', async () =>
      /scry_http_waiting 2/.test(await (await fetch(`${system.url}/metrics`)).text()),
    );
    const started = performance.now();
    expect(await system.remove()).toEqual(['exit code 0']);
    expect(performance.now() - started).toBeLessThan(5000);
    expect(await (await waiting).json()).toMatchObject({ status: 'queued' });
    expect(await events).toMatch(/"status":"queued"/);
  });
});
