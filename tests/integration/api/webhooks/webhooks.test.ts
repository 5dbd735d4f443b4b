import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebhookSender } from '@scry/api/webhooks/send';
import { openDatabase } from '@scry/shared/database/database';
import { Webhook } from 'standardwebhooks';
import { CAT, finish, form, jpeg, predict, startApp, type TestApp } from '../../../helpers/app.js';
import { quiet, startRedis, type TestRedis } from '../../../helpers/services.js';

interface Delivery {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A target that notes what comes and answers as told. */
class Receiver {
  readonly deliveries: Delivery[] = [];
  readonly #server: Server;
  #wake: () => void = () => undefined;

  constructor(answer: RequestListener) {
    this.#server = createServer(async (req, res) => {
      this.deliveries.push({ headers: req.headers as Record<string, string>, body: await text(req) });
      answer(req, res);
      this.#wake();
    }).listen(0, '127.0.0.1');
  }

  async url(): Promise<string> {
    if (!this.#server.listening) await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook?x=1`;
  }

  async received(count: number): Promise<readonly Delivery[]> {
    while (this.deliveries.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.deliveries;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

async function text(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
let redis: TestRedis | null;
let app: TestApp;
let receiver: Receiver;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.remove());
afterEach(async () => {
  await app.close();
  await receiver.close();
});

async function setUp(answer: RequestListener, env: NodeJS.ProcessEnv = {}): Promise<string> {
  receiver = new Receiver(answer);
  app = await startApp({ WEBHOOK_SECRET: SECRET, WEBHOOK_PRIVATE: 'true', ...env });
  app.services.start();
  return receiver.url();
}

const answering =
  (...statuses: number[]): RequestListener =>
  (_req, res) =>
    res.writeHead(statuses.length > 1 ? (statuses.shift() as number) : (statuses[0] as number)).end();

interface DeliveryRow {
  readonly outcome: string | null;
  readonly attempts: number;
  readonly last_error: string | null;
  readonly wait: number;
}

/** What the row of a delivery says, as soon as it says what is wanted. */
async function row(id: string, wanted: (row: DeliveryRow) => boolean): Promise<DeliveryRow> {
  const database = openDatabase(app.services.config.DATABASE_URL, { max: 1, name: 'test', log: quiet });
  try {
    for (;;) {
      const [found] = await database.query<DeliveryRow>(
        `SELECT outcome, attempts, last_error, extract(epoch FROM due_at - clock_timestamp())::float8 AS wait
         FROM webhook_deliveries WHERE prediction_id = $1`,
        [id],
      );
      if (found && wanted(found)) return found;
    }
  } finally {
    await database.close();
  }
}

describe.each(['postgres', 'redis'] as const)('webhooks, with %s as the queue', (kind) => {
  const queue = () => (kind === 'redis' && redis ? { QUEUE_URL: redis.url } : {});

  it('are told of the end with a signature that can be checked', async () => {
    const url = await setUp(answering(204), queue());
    const { prediction_id: id } = await predict(app, await jpeg(1), { webhook: url });
    await app.services.predictions.finish(finish(id, CAT));
    const [delivery] = await receiver.received(1);
    const { headers, body } = delivery as Delivery;
    expect(new Webhook(SECRET).verify(body, headers)).toMatchObject({
      type: 'prediction.succeeded',
      data: { prediction_id: id, status: 'succeeded', urls: { get: expect.stringContaining(app.url) } },
    });
    expect(headers['webhook-id']).toBe(`msg_${id}`);
    expect(await row(id, ({ outcome }) => outcome !== null)).toMatchObject({
      outcome: 'delivered',
      attempts: 1,
    });
  });
});

it('are tried again under the same id when the target fails', async () => {
  const url = await setUp(answering(500, 200), redis ? { QUEUE_URL: redis.url } : {});
  const { prediction_id: id } = await predict(app, await jpeg(1), { webhook: url });
  await app.services.predictions.finish(finish(id, CAT));
  const deliveries = await receiver.received(2);
  expect(new Set(deliveries.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([`msg_${id}`]));
  expect(await row(id, ({ outcome }) => outcome !== null)).toMatchObject({
    outcome: 'delivered',
    attempts: 2,
  });
});

it('are told although the clock was set back since they were asked for', async () => {
  const url = await setUp(answering(204));
  const { prediction_id: id } = await predict(app, await jpeg(1), { webhook: url });
  const database = openDatabase(app.services.config.DATABASE_URL, { max: 1, name: 'test', log: quiet });
  await database.query(`UPDATE webhook_deliveries SET due_at = due_at + interval '2 hours'`, []);
  await database.close();
  await app.services.predictions.finish(finish(id, CAT));
  expect(await receiver.received(1)).toHaveLength(1);
  expect(await row(id, ({ outcome }) => outcome !== null)).toMatchObject({ outcome: 'delivered' });
});

it('are put off as long as the target asks', async () => {
  const url = await setUp((_req, res) => res.writeHead(429, { 'retry-after': '900' }).end());
  const { prediction_id: id } = await predict(app, await jpeg(1), { webhook: url });
  await app.services.predictions.finish(finish(id, CAT));
  const { wait } = await row(id, ({ last_error }) => last_error !== null);
  expect(wait).toBeGreaterThan(880);
  expect(wait).toBeLessThanOrEqual(900);
});

it('end when the target says that it is gone', async () => {
  const url = await setUp(answering(410));
  const { prediction_id: id } = await predict(app, await jpeg(1), { webhook: url });
  await app.services.predictions.finish(finish(id, CAT));
  expect(await row(id, ({ outcome }) => outcome !== null)).toMatchObject({
    outcome: 'given_up',
    attempts: 1,
  });
});

it('are told of cancellations too', async () => {
  const url = await setUp(answering(200));
  const { prediction_id: id } = await predict(app, await jpeg(1), { webhook: url });
  await app.fetch(`/v1/predictions/${id}/cancel`, { method: 'POST' });
  const [delivery] = await receiver.received(1);
  expect(JSON.parse((delivery as Delivery).body)).toMatchObject({ type: 'prediction.canceled' });
});

it('are delivered with the status, however the body goes on', async () => {
  const url = await setUp((_req, res) => {
    res.writeHead(200).write('x'.repeat(100_000));
  });
  const { prediction_id: id } = await predict(app, await jpeg(1), { webhook: url });
  await app.services.predictions.finish(finish(id, CAT));
  expect(await row(id, ({ outcome }) => outcome !== null)).toMatchObject({ outcome: 'delivered' });
});

it('do not follow redirects', async () => {
  const url = await setUp((_req, res) => res.writeHead(302, { location: '/elsewhere' }).end());
  const { prediction_id: id } = await predict(app, await jpeg(1), { webhook: url });
  await app.services.predictions.finish(finish(id, CAT));
  const { last_error } = await row(id, (found) => found.last_error !== null);
  expect(last_error).toContain('redirects are not followed');
  expect(receiver.deliveries).toHaveLength(1);
});

it('are delivered after a restart when nobody was there at the end', async () => {
  const url = await setUp(answering(200));
  const { prediction_id: id } = await predict(app, await jpeg(1), { webhook: url });
  const database = openDatabase(app.services.config.DATABASE_URL, { max: 1, name: 'test', log: quiet });
  // Ends without NOTIFY, as if the API had been away, and long enough ago for the sweep.
  await database.query(`UPDATE predictions SET ended = 'canceled', completed_at = now() WHERE id = $1`, [id]);
  await database.query(`UPDATE webhook_deliveries SET due_at = now() - interval '1 minute'`);
  await database.close();
  const [delivery] = await receiver.received(1);
  expect(JSON.parse((delivery as Delivery).body)).toMatchObject({ type: 'prediction.canceled' });
});

it('to what can never be reached are refused when the prediction is asked for', async () => {
  await setUp(answering(200), { WEBHOOK_PRIVATE: 'false' });
  for (const webhook of [
    'http://127.0.0.1:1/',
    'http://10.0.0.1/',
    'http://[::1]/',
    'http://localhost/',
    'https://a:b@example.com/',
    'ftp://example.com/',
    'nonsense',
  ]) {
    const body = form(await jpeg(1), { webhook });
    const response = await app.fetch('/v1/predictions', { method: 'POST', body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('webhook') });
  }
});

it('never connect to a private address, whatever its name resolves to', async () => {
  const url = await setUp(answering(200), { WEBHOOK_PRIVATE: 'false' });
  const { port } = new URL(url);
  // A name of this machine that is not refused by its letters; it resolves to a loopback address.
  const { prediction_id: id } = await predict(app, await jpeg(1), { webhook: `http://localhost.:${port}/` });
  await app.services.predictions.finish(finish(id, CAT));
  const { last_error } = await row(id, (found) => found.last_error !== null);
  expect(last_error).toMatch(/may not reach|ENOTFOUND|EAI_AGAIN/);
  expect(receiver.deliveries).toHaveLength(0);
});

it('refuse an address at the moment of connecting, whatever was checked before', async () => {
  const url = await setUp(answering(200));
  const sender = new WebhookSender(SECRET, false);
  const attempt = await sender.send({ id: 'msg_1', url, body: '{}' });
  expect(attempt).toMatchObject({ status: null, error: expect.stringContaining('may not reach') });
  expect(receiver.deliveries).toHaveLength(0);
  await sender.close();
});
