import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ScryTarget } from '@scry/stress/load/scry-target';

const ID = 'prediction-1';
const IMAGE = { name: 'a.jpg', bytes: Buffer.from([0xff, 0xd8, 0xff, 0xd9]), mime: 'image/jpeg' };
const DONE = {
  prediction_id: ID,
  status: 'succeeded',
  output: { predictions: [{ class_index: 0, class_name: 'cat', confidence: 0.9 }] },
};

function answer(res: ServerResponse, status: number, body: object, retryAfter?: string): void {
  res.writeHead(status, {
    'content-type': 'application/json',
    ...(retryAfter && { 'retry-after': retryAfter }),
  });
  res.end(JSON.stringify(body));
}

/** Accepts every image, and answers the second poll. */
class SlowServer {
  readonly polledAt: number[] = [];
  acceptedAt = 0;
  readonly #server: Server;

  constructor(retryAfter: string) {
    this.#server = createServer((req, res) => {
      const pending = { prediction_id: ID, status: 'processing' };
      req.resume().once('end', () => {
        if (req.method === 'POST') {
          this.acceptedAt = performance.now();
          answer(res, 202, pending, retryAfter);
        } else if (this.polledAt.push(performance.now()) < 2) answer(res, 200, pending, retryAfter);
        else answer(res, 200, DONE);
      });
    });
  }

  async url(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

describe('a client that polls', () => {
  it('asks again when Retry-After says', async () => {
    const server = new SlowServer('1');
    const target = new ScryTarget({ url: await server.url(), mode: 'poll', connections: 1 });
    const ending = await target.predict(IMAGE, 'pets', 10_000);
    await target.close();
    await server.close();
    expect(ending).toMatchObject({ kind: 'answered', answer: { className: 'cat', confidence: 0.9 } });
    const [first = 0, second = 0] = server.polledAt;
    expect(first - server.acceptedAt).toBeGreaterThanOrEqual(990);
    expect(second - first).toBeGreaterThanOrEqual(990);
  });

  it('asks as often as it was told to instead', async () => {
    const server = new SlowServer('3600');
    const target = new ScryTarget({ url: await server.url(), mode: 'poll', pollMs: 1, connections: 1 });
    expect(await target.predict(IMAGE, 'pets', 10_000)).toMatchObject({ kind: 'answered' });
    await target.close();
    await server.close();
  });

  it('gives up at its deadline', async () => {
    const server = new SlowServer('1');
    const target = new ScryTarget({ url: await server.url(), mode: 'poll', connections: 1 });
    expect(await target.predict(IMAGE, 'pets', 100)).toEqual({
      kind: 'failed',
      reason: 'no answer within 100 ms',
    });
    await target.close();
    await server.close();
  });
});
