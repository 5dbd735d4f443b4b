import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import {
  form,
  jpeg,
  makeKey,
  predict,
  startApp,
  type TestApp,
  until,
  uploads,
  withKey,
} from '../../../helpers/app.js';
import { startRedis, type TestRedis } from '../../../helpers/services.js';

let app: TestApp;
afterEach(() => app.close());

async function create(headers: Record<string, string> = {}, fields: Record<string, string> = {}) {
  return app.fetch('/v1/predictions', { method: 'POST', body: form(await jpeg(1), fields), headers });
}

describe('when too much is unfinished', () => {
  it('refuses with 503 and says when to come back', async () => {
    app = await startApp({ MAX_UNFINISHED: '3' });
    for (let count = 0; count < 3; count++) expect((await create()).status).toBe(202);
    const refused = await create();
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await refused.json()).toMatchObject({ type: '/problems/overloaded' });
  });

  it('keeps no image of what it refuses', async () => {
    app = await startApp({ MAX_UNFINISHED: '1' });
    await predict(app, await jpeg(1));
    const before = await uploads(app);
    await app.fetch('/v1/predictions', { method: 'POST', body: form(await jpeg(77)) });
    expect(await uploads(app)).toEqual(before);
  });

  it('goes on taking images for other models', async () => {
    app = await startApp({ MAX_UNFINISHED: '1' });
    expect((await create({}, { model: 'everyday-10' })).status).toBe(202);
    expect((await create({}, { model: 'everyday-10' })).status).toBe(503);
    expect((await create({}, { model: 'blood-cells' })).status).toBe(202);
  });

  it('refuses for every model beyond the limit for all', async () => {
    app = await startApp({ MAX_UNFINISHED_TOTAL: '1' });
    expect((await create({}, { model: 'everyday-10' })).status).toBe(202);
    expect((await create({}, { model: 'blood-cells' })).status).toBe(503);
  });

  it('still answers a repeated PUT', async () => {
    app = await startApp({ MAX_UNFINISHED: '1' });
    const put = async () =>
      app.fetch('/v1/predictions/my-own-id-1', { method: 'PUT', body: form(await jpeg(1)) });
    expect((await put()).status).toBe(202);
    expect((await put()).status).toBe(202);
  });

  it('takes new ones when some have ended', async () => {
    app = await startApp({ MAX_UNFINISHED: '1' });
    const { prediction_id: id } = await predict(app, await jpeg(1));
    expect((await create()).status).toBe(503);
    await app.fetch(`/v1/predictions/${id}/cancel`, { method: 'POST' });
    await until('there is room again', async () => (await create()).status === 202);
  });
});

describe('a client that creates too fast', () => {
  it('gets 429 with the limit in the headers, and others do not', async () => {
    app = await startApp({ RATE_LIMIT: '2' });
    const key = await makeKey(app, 'predict');
    const first = await create();
    expect(first.headers.get('ratelimit')).toContain('r=1');
    expect((await create()).status).toBe(202);
    const refused = await create();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ type: '/problems/rate-limited' });
    expect((await create(withKey(key))).status).toBe(202);
  });
});

describe('a client that repeats a PUT', () => {
  it('is not counted again, and may repeat it when it may create nothing more', async () => {
    app = await startApp({ RATE_LIMIT: '2' });
    const put = async (id: string) =>
      (await app.fetch(`/v1/predictions/${id}`, { method: 'PUT', body: form(await jpeg(1)) })).status;
    for (let time = 0; time < 5; time++) expect(await put('my-own-id-1')).toBe(202);
    expect(await put('my-own-id-2')).toBe(202);
    expect(await put('my-own-id-3')).toBe(429);
    expect(await put('my-own-id-1')).toBe(202);
  });
});

describe('requests that wait', () => {
  it('are answered as things stand when too many wait already', async () => {
    app = await startApp({ MAX_WAITING: '2' });
    const { prediction_id: id } = await predict(app, await jpeg(1));
    const leave = new AbortController();
    const held = [1, 2].map(() => app.fetch(`/v1/predictions/${id}?wait=30`, { signal: leave.signal }));
    await until('both wait', async () => app.services.waiters.waiting === 2);
    expect(await (await app.fetch(`/v1/predictions/${id}?wait=30`)).json()).toMatchObject({
      status: 'queued',
    });
    expect((await create({ prefer: 'wait=30' })).status).toBe(202);
    expect(await (await app.fetch(`/v1/predictions/${id}/events`)).text()).toMatch(
      /^id: 0\nevent: status\n.*\n\n$/,
    );
    leave.abort();
    expect((await Promise.allSettled(held)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await until('nobody waits', async () => app.services.waiters.waiting === 0);
  });
});

describe('with Redis', () => {
  let redis: TestRedis | null;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.remove());

  it('counts in Redis, survives its restart, and lets everybody through while it is unavailable', async () => {
    app = await startApp({ RATE_LIMIT: '1', ...(redis && { QUEUE_URL: redis.url }) });
    if (!redis) return;
    expect([(await create()).status, (await create()).status]).toEqual([202, 429]);
    await redis.stop();
    expect((await create()).status).toBe(202);
    await redis.start();
    await until('it counts again', async () => (await create()).status === 429);
  });
});

describe('bodies', () => {
  it.each([
    ['nested arrays', `{"image":"AAAA","model":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['nested objects', `{"image":"AAAA","x":${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}}`],
    ['a long flat array', `{"image":"AAAA","x":[${'[],'.repeat(1000)}[]]}`],
  ])('of JSON with %s are refused', async (_name, body) => {
    app = await startApp();
    const headers = { 'content-type': 'application/json' };
    const response = await app.fetch('/v1/predictions', { method: 'POST', headers, body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ type: '/problems/invalid-json' });
  });

  it.each([
    ['as it is', (body: Buffer) => body, {}],
    ['packed', (body: Buffer) => gzipSync(body), { 'content-encoding': 'gzip' }],
  ])(
    'of JSON that is refused before its end, %s, leave the connection usable',
    async (_name, pack, encoding) => {
      app = await startApp();
      const bytes = pack(Buffer.from(`{"image":"x","x":"${randomBytes(3_000_000).toString('hex')}"}`));
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (let time = 0; time < 3; time++) {
        const headers = { 'content-type': 'application/json', 'content-length': bytes.length, ...encoding };
        const asked = request(`${app.url}/v1/predictions`, { method: 'POST', agent, headers }).end(bytes);
        const [response] = (await once(asked, 'response')) as [IncomingMessage];
        expect(response.statusCode).toBe(413);
        await once(response.resume(), 'end');
        await until('the whole body is sent', async () => asked.writableFinished);
      }
      agent.destroy();
    },
  );

  it('that stop coming leave nothing behind', async () => {
    app = await startApp();
    const { hostname, port } = new URL(app.url);
    const socket = connect(Number(port), hostname);
    const head = ['POST /v1/predictions HTTP/1.1', 'Host: localhost', 'Content-Length: 9000000'];
    head.push('Content-Type: multipart/form-data; boundary=b', '', '');
    const part = '--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n';
    socket.write(head.join('\r\n') + part + 'x'.repeat(1_000_000)); // more than is held in memory
    await until('a temporary file is there', async () => (await uploads(app)).length === 1);
    socket.destroy();
    await until('it is gone', async () => (await uploads(app)).length === 0);
  });
});

describe('a client that waits and goes away', () => {
  async function leave(fields: Record<string, string>): Promise<string> {
    const before = new Set((await app.services.predictions.list({ limit: 100 })).items.map(({ id }) => id));
    const gone = new AbortController();
    const request = app.fetch('/v1/predictions', {
      method: 'POST',
      body: form(await jpeg(3), fields),
      headers: { prefer: 'wait=30' },
      signal: gone.signal,
    });
    const ended = request.catch((error: Error) => error.name);
    for (;;) {
      const { items } = await app.services.predictions.list({ limit: 100 });
      const made = items.find(({ id }) => !before.has(id));
      if (made && app.services.waiters.waiting > 0) {
        gone.abort();
        expect(await ended).toBe('AbortError');
        return made.id;
      }
    }
  }

  it('takes its prediction along', async () => {
    app = await startApp();
    const id = await leave({});
    const left = await app.fetch(`/v1/predictions/${id}?wait=5`);
    expect(await left.json()).toMatchObject({ status: 'canceled' });
    await until('its job has left the queue', async () => {
      return (await app.services.queues.counts(['everyday-10']))?.[0]?.wait === 0;
    });
  });

  it.each([[{ keep: 'true' }], [{ prediction_id: 'my-own-id-2' }]])(
    'leaves it when it asked for it with %j',
    async (fields) => {
      app = await startApp();
      const id = await leave(fields);
      expect(await (await app.fetch(`/v1/predictions/${id}?wait=1`)).json()).toMatchObject({
        status: 'queued',
      });
    },
  );
});
