/** Clients that ask for more than they take, or for what costs much to make. */
import { readdir, readFile, stat } from 'node:fs/promises';
import type { Socket } from 'node:net';
import path from 'node:path';
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { metadataBombs } from '../corpus/metadata-bombs.js';
import { shapesJpeg } from '../helpers/images.js';
import { REPO } from '../helpers/system.js';
import { Battlefield, report } from './battlefield.js';
import { counted, head, open, openMany } from './raw.js';

const MIB = 1024 * 1024;
const NOT_SERVED = 'everyday-10-tfjs';
const WRITE_TIMEOUT_S = 3;
const UPLOAD_TIMEOUT_S = 10;
const DERIVED_MAX_BYTES = 16 * MIB;

let field: Battlefield;
let url: string;

beforeAll(async () => {
  field = await Battlefield.open({
    workerEnv: { WORKER_THREADS: '1', WORKER_MODELS: 'everyday-10,blood-cells' },
    env: {
      WRITE_TIMEOUT_S: String(WRITE_TIMEOUT_S),
      UPLOAD_TIMEOUT_S: String(UPLOAD_TIMEOUT_S),
      DERIVED_MAX_BYTES: String(DERIVED_MAX_BYTES),
      MAX_WAITING: '2000',
    },
  });
  url = field.system.url;
}, 60_000);
afterAll(() => field.close(), 60_000);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Reads what still comes over a connection that was paused, until its other side has ended it. */
async function bytesUntilClosed(socket: Socket): Promise<number> {
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  if (socket.closed) return bytes;
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.resume();
  await closed;
  return bytes;
}
const leave = (sockets: readonly Socket[]) => sockets.forEach((socket) => void socket.destroy());

it('a hundred connections with 300 requests each that read nothing', async () => {
  const { byteLength: answerBytes } = await (await fetch(`${url}/openapi.json`)).arrayBuffer();
  const taken: number[] = [];
  const outcome = await field.during(async () => {
    const sockets = await openMany(url, 100);
    for (const socket of sockets) {
      socket.pause();
      socket.write(head('GET', '/openapi.json').repeat(300));
    }
    await pause((WRITE_TIMEOUT_S + 4) * 1000);
    // A connection that the server had left open would bring all its answers now.
    for (const socket of sockets) taken.push(await bytesUntilClosed(socket));
  });
  expect(Math.max(...taken)).toBeLessThan(40 * answerBytes);
  report('100 × 300 pipelined /openapi.json, unread', '1.4 GB for minutes', 'connections ended', outcome, {
    growthMiB: 200,
    p95Ms: 8000,
  });
});

it('a hundred connections that ask one after the other and read nothing', async () => {
  const image = Buffer.concat([await shapesJpeg(5), Buffer.alloc(14 * MIB)]);
  const { prediction_id: id } = await field.system.predict(image);
  const connections = async () => (await fetch(`${url}/metrics`)).text();
  const openHandles = async () =>
    Number(/^nodejs_active_resources\{type="TCPSocketWrap"\} (\d+)/m.exec(await connections())?.[1]);
  let [most, left] = [0, 0];
  const outcome = await field.during(async () => {
    const sockets = await openMany(url, 100);
    for (const [index, socket] of sockets.entries()) {
      socket.pause();
      const asked = index % 2 ? `/v1/predictions/${id}/image` : '/openapi.json';
      for (let time = 0; time < 20; time++) socket.write(head('GET', asked));
    }
    await pause(500);
    most = await openHandles();
    await pause((WRITE_TIMEOUT_S + 5) * 1000);
    left = await openHandles();
    leave(sockets);
  });
  expect(most).toBeGreaterThan(80);
  expect(left).toBeLessThan(most - 25); // what fits into the system's buffers counts as taken
  const now = `connections with an answer under way ended after ${WRITE_TIMEOUT_S} s`;
  report('100 unread downloads of 14 MiB', 'not measured', now, outcome, { growthMiB: 200, p95Ms: 6000 });
});

it('thousands of event streams and long polls', async () => {
  const accepted = await field.system.upload(await shapesJpeg(6), { model: NOT_SERVED });
  const { prediction_id: id } = (await accepted.json()) as PredictionView;
  let held = 0;
  const outcome = await field.during(async () => {
    const sockets = await openMany(url, 4000);
    for (const [index, socket] of sockets.entries()) {
      socket.on('data', () => undefined);
      const asked = ['/v1/stats/events', `/v1/predictions/${id}/events`, `/v1/predictions/${id}?wait=60`][
        index % 3
      ];
      socket.write(head('GET', asked as string));
    }
    await pause(6000);
    held = sockets.filter((socket) => !socket.destroyed).length;
    leave(sockets);
  });
  await fetch(`${url}/v1/predictions/${id}`, { method: 'DELETE' });
  const now = `2000 wait (MAX_WAITING), the others are answered; ${held} connections`;
  report('4000 event streams and long polls', 'not measured', now, outcome, { growthMiB: 400, p95Ms: 6000 });
});

it('every crop of many predictions', async () => {
  const smear = await readFile(path.join(REPO, 'api/web/public/samples/blood-smear.jpg'));
  const derived = path.join(field.system.dataDir, 'derived');
  const bytesKept = async () => {
    let bytes = 0;
    for (const name of await readdir(derived, { recursive: true })) {
      const found = await stat(path.join(derived, name)).catch(() => null);
      if (found?.isFile()) bytes += found.size;
    }
    return bytes;
  };
  const statuses: number[] = [];
  const outcome = await field.during(async () => {
    const predictions: PredictionView[] = [];
    for (let copy = 0; copy < 40; copy++) {
      const image = Buffer.concat([smear, Buffer.from([copy])]); // another file, the same pixels
      predictions.push(await field.system.predict(image, { model: 'blood-cells', threshold: '0.01' }));
    }
    const paths = predictions.flatMap(({ prediction_id: id, output }) => [
      ...(output?.predictions ?? []).map((_, index) => `/v1/predictions/${id}/crops/${index}`),
      `/v1/predictions/${id}/annotated`,
    ]);
    let next = 0;
    const clients = Array.from({ length: 150 }, async () => {
      for (let at = next++; at < paths.length; at = next++) {
        const response = await fetch(url + paths[at]);
        await response.arrayBuffer();
        statuses.push(response.status);
      }
    });
    await Promise.all(clients);
  });
  const kept = await bytesKept();
  expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
  expect(kept).toBeLessThan(DERIVED_MAX_BYTES);
  const now = `${counted(statuses.toSorted())}; ${Math.round(kept / MIB)} MiB kept`;
  report('every crop of 40 images (limit 16 MiB)', 'kept for ever, without a limit', now, outcome, {
    growthMiB: 250,
    p95Ms: 6000,
  });
});

it('the costly documents that need no key', async () => {
  const statuses: number[] = [];
  const outcome = await field.during(async () => {
    const end = performance.now() + 4000;
    const clients = [
      '/readyz',
      '/metrics',
      '/v1/stats',
      '/v1/stats/models',
      '/docs/swagger-ui-bundle.js',
    ].flatMap((where) =>
      Array.from({ length: 8 }, async () => {
        while (performance.now() < end) {
          const response = await fetch(url + where);
          await response.arrayBuffer();
          statuses.push(response.status);
        }
      }),
    );
    await Promise.all(clients);
  });
  expect(new Set(statuses)).toEqual(new Set([200]));
  report('40 clients on /readyz, /metrics, /v1/stats', 'not measured', counted(statuses), outcome, {
    growthMiB: 250,
    p95Ms: 6000,
  });
});

it('images whose metadata unfolds into gigabytes, and their thumbnails', async () => {
  const bombs = (await metadataBombs()).filter(({ name }) => /ztxt-900|exif-unfolding/.test(name));
  const ends: string[] = [];
  const outcome = await field.during(async () => {
    await Promise.all(
      bombs.map(async ({ bytes }) => {
        const { prediction_id: id, status } = await field.system.predict(bytes);
        const thumbnail = await fetch(`${url}/v1/predictions/${id}/thumbnail`);
        await thumbnail.arrayBuffer();
        ends.push(`${status} with thumbnail ${thumbnail.status}`);
      }),
    );
  });
  expect(new Set(ends)).toEqual(new Set(['succeeded with thumbnail 200']));
  report(
    `${bombs.length} metadata bombs at once, with thumbnails`,
    '3.5 GB in the API, 8 GB in workers',
    counted(ends),
    outcome,
    { growthMiB: 400, p95Ms: 10_000 },
  );
});

it('a thousand uploads that stop short of their end', async () => {
  const body = '--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n';
  const start = head('POST', '/v1/predictions', {
    'Content-Length': String(10 * MIB),
    'Content-Type': 'multipart/form-data; boundary=b',
  });
  const bytes = Buffer.from(start + body + 'x'.repeat(480 * 1024));
  let closed = 0;
  const outcome = await field.during(async () => {
    const sockets = await openMany(url, 1000);
    for (const socket of sockets) {
      socket.once('close', () => closed++);
      socket.resume();
      socket.write(bytes);
    }
    await new Promise((resolve) => setTimeout(resolve, (UPLOAD_TIMEOUT_S + 6) * 1000));
    for (const socket of sockets) socket.destroy();
  });
  expect(closed).toBeGreaterThanOrEqual(990);
  const now = `ended after UPLOAD_TIMEOUT_S (${UPLOAD_TIMEOUT_S} s): ${closed}`;
  report('1000 uploads stalled at 480 KiB', 'not measured', now, outcome, { growthMiB: 500, p95Ms: 20_000 });
});

it('is well afterwards', async () => {
  const socket = await open(url);
  socket.destroy();
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
});
