/** Requests that are meant to hurt, by what is in them. */
import { gzipSync } from 'node:zlib';
import { shapesJpeg } from '../helpers/images.js';
import { Battlefield, report } from './battlefield.js';
import { counted, exchange, head } from './raw.js';

const MIB = 1024 * 1024;
const json = { 'content-type': 'application/json' };

let field: Battlefield;
let url: string;

beforeAll(async () => {
  field = await Battlefield.open({ env: { UPLOAD_TIMEOUT_S: '60' } });
  url = field.system.url;
}, 60_000);
afterAll(() => field.close(), 60_000);

async function post(
  body: NonNullable<RequestInit['body']>,
  headers: Record<string, string>,
): Promise<{ status: number; bytes: number }> {
  const response = await fetch(`${url}/v1/predictions`, { method: 'POST', body, headers });
  return { status: response.status, bytes: (await response.arrayBuffer()).byteLength };
}

it('a NUL in a webhook, from four attackers at once', async () => {
  const image = await shapesJpeg(1);
  const send = async (webhook: string): Promise<number> => {
    const form = new FormData();
    form.set('webhook', webhook);
    form.set('image', new Blob([new Uint8Array(image)]), 'a.jpg');
    const response = await fetch(`${url}/v1/predictions`, { method: 'POST', body: form });
    await response.arrayBuffer();
    return response.status;
  };
  const [good, bad]: [number[], number[]] = [[], []];
  const outcome = await field.during(async () => {
    for (let round = 0; round < 10; round++) {
      const attackers = Array.from({ length: 4 }, () => send('https://example.com/\0'));
      const others = Array.from({ length: 12 }, () => send('https://example.com/hook'));
      bad.push(...(await Promise.all(attackers)));
      good.push(...(await Promise.all(others)));
    }
  });
  expect(counted(bad)).toBe('40 × 400');
  expect(counted(good)).toBe('120 × 202');
  const now = `${counted(bad)}; good uploads beside them: ${counted(good)}`;
  report('NUL in `webhook`, 4 clients', '592 of 672 good uploads answered 500', now, outcome, {
    growthMiB: 150,
    p95Ms: 6000,
  });
});

it('JSON of 13 MB with a million keys, five at once', async () => {
  const keys = Array.from({ length: 1_300_000 }, (_, index) => `"${index}":0`).join(',');
  const body = `{"image":"x",${keys}}`;
  let answers: { status: number; bytes: number }[] = [];
  const outcome = await field.during(async () => {
    answers = await Promise.all(Array.from({ length: 5 }, () => post(body, json)));
  });
  expect(counted(answers.map(({ status }) => status))).toBe('5 × 413');
  const largest = Math.max(...answers.map(({ bytes }) => bytes));
  expect(largest).toBeLessThan(1000);
  const now = `413 with ${largest} bytes`;
  report('5 × 13 MB of JSON keys', '5.1 GB, 13 s, 294 MB answered', now, outcome, {
    growthMiB: 150,
    p95Ms: 6000,
  });
});

it('60 images of 15 MiB as base64 at once', async () => {
  const image = Buffer.concat([await shapesJpeg(2), Buffer.alloc(15 * MIB)]);
  const body = new Blob([JSON.stringify({ image: image.toString('base64') })]); // sent from one copy
  let statuses: number[] = [];
  const outcome = await field.during(async () => {
    const work = Array.from({ length: 60 }, () => post(body, json));
    statuses = (await Promise.all(work)).map(({ status }) => status);
  });
  expect(counted(statuses)).toBe('60 × 202');
  const now = counted(statuses);
  report('60 × 21 MB of base64 at once', '3.6 GB, /healthz 7.6 s', now, outcome, {
    growthMiB: 400,
    p95Ms: 10_000,
  });
});

it('compressed JSON that unfolds', async () => {
  const image = Buffer.concat([await shapesJpeg(3), Buffer.alloc(15 * MIB)]).toString('base64');
  const fields = gzipSync(`{"image":"x","x":"${'y'.repeat(200 * MIB)}"}`, { level: 9 });
  const packed = gzipSync(JSON.stringify({ image }), { level: 9 });
  const headers = { ...json, 'content-encoding': 'gzip' };
  let statuses: number[] = [];
  const outcome = await field.during(async () => {
    const bodies = Array.from({ length: 40 }, (_, index) => (index % 2 ? fields : packed));
    const answers = await Promise.all(bodies.map((body) => post(new Uint8Array(body), headers)));
    statuses = answers.map(({ status }) => status);
  });
  expect(counted(statuses.toSorted())).toBe('20 × 202, 20 × 413');
  const now = `${counted(statuses.toSorted())}`;
  report('40 gzip bodies of 21 to 200 MB in 20 to 200 kB', 'not measured', now, outcome, {
    growthMiB: 300,
    p95Ms: 6000,
  });
});

it('forms that are nothing but parts, boundaries and headers', async () => {
  const part = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n';
  const header = `--b\r\n${'X-H: 1\r\n'.repeat(2_000_000)}\r\n`;
  const bodies = [
    part.repeat(300_000),
    '--b\r\n'.repeat(3_000_000),
    header,
    '\r\n--'.repeat(4_000_000),
    '-'.repeat(16 * MIB),
  ];
  const headers = { 'content-type': 'multipart/form-data; boundary=b' };
  let statuses: number[] = [];
  const outcome = await field.during(async () => {
    const all = [...bodies, ...bodies, ...bodies].map((body) => post(body, headers));
    statuses = (await Promise.all(all)).map(({ status }) => status);
  });
  expect(counted(statuses)).toBe('15 × 400');
  report('15 forms of 16 MB without an image', 'not measured', counted(statuses), outcome, {
    growthMiB: 250,
    p95Ms: 6000,
  });
});

it('requests of which two readers could make two things', async () => {
  const form = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n';
  const typed = { 'Content-Type': 'multipart/form-data; boundary=b' };
  const inside = head('GET', '/v1/keys');
  const cases = [
    head('POST', '/v1/predictions', { ...typed, 'Content-Length': '4', 'Transfer-Encoding': 'chunked' }) +
      `0\r\n\r\n${inside}`,
    head('POST', '/v1/predictions', { ...typed, 'Transfer-Encoding': 'chunked, identity' }) + inside,
    head('POST', '/v1/predictions', { ...typed, 'Content-Length': '4, 5' }) + form,
    head('POST', '/v1/predictions', { ...typed, 'Content-Length': '+4' }) + form,
    head('POST', '/v1/predictions', { ...typed, 'Transfer-Encoding': 'xchunked' }) + form,
    head('POST', '/v1/predictions', { ...typed, 'Transfer-Encoding': 'chunked' }) +
      `5;${'x'.repeat(100_000)}\r\nhello\r\n0\r\n\r\n`,
    'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n',
    'GET /healthz HTTP/1.1\r\nHost: localhost\r\n X-Folded: 1\r\n\r\n',
    'GET /healthz HTTP/1.1\nHost: localhost\n\n\n',
    'GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n',
    head('GET', `/v1/predictions?cursor=${'A'.repeat(60_000)}`),
    head('PUT', `/v1/predictions/${'a'.repeat(60_000)}`),
    head('GET', '/healthz', { 'X-Large': 'x'.repeat(200_000) }),
    `GET /healthz HTTP/1.1\r\nHost: localhost\r\n${'X: 1\r\n'.repeat(50_000)}\r\n`,
  ];
  const statuses: string[] = [];
  const outcome = await field.during(async () => {
    for (const said of await Promise.all([...cases, ...cases, ...cases].map((bytes) => exchange(url, bytes))))
      statuses.push(...[...said.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => String(status)));
  });
  expect(statuses.filter((status) => status.startsWith('2') || status.startsWith('5'))).toEqual([]);
  report('ambiguous and oversized heads', 'not measured', counted(statuses), outcome, {
    growthMiB: 150,
    p95Ms: 6000,
  });
});

it('a page elsewhere, directly and after DNS rebinding', async () => {
  const image = await shapesJpeg(4);
  const boundary = 'b';
  const body = Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n`),
    image,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  const typed = {
    'Content-Type': `multipart/form-data; boundary=${boundary}`,
    'Content-Length': String(body.length),
    Connection: 'close',
  };
  const upload = (headers: Record<string, string>) =>
    exchange(
      url,
      Buffer.concat([Buffer.from(head('POST', '/v1/predictions', { ...typed, ...headers })), body]),
    );
  const heads: string[] = [];
  const outcome = await field.during(async () => {
    heads.push(await upload({ Origin: 'https://evil.example' }));
    heads.push(await upload({ Origin: 'http://localhost:3000', 'Sec-Fetch-Site': 'same-site' }));
    heads.push(
      await upload({ Host: 'evil.example', Origin: 'http://evil.example', 'Sec-Fetch-Site': 'same-origin' }),
    );
    heads.push(await exchange(url, head('GET', '/v1/models', { Host: 'evil.example', Connection: 'close' })));
  });
  const statuses = heads.map((said) => said.slice(9, 12));
  expect(statuses).toEqual(['403', '403', '421', '421']);
  report(
    'a web page elsewhere; DNS rebinding',
    'predicts, and reads after rebinding',
    counted(statuses),
    outcome,
    { growthMiB: 150, p95Ms: 6000 },
  );
});
