import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { form, jpeg, startApp, type TestApp, until, uploads } from '../../../helpers/app.js';

const MAX_BYTES = 20_000;

let anywhere: TestApp;
let guarded: TestApp;
let site: Server;
let at: string;
let image: Buffer;
const asked: string[] = [];
const silent = new Set<ServerResponse>();

const PAGES: Record<string, (res: ServerResponse) => void> = {
  '/photo': (res) => res.writeHead(200, { 'Content-Type': 'text/html' }).end(image),
  '/page.jpg': (res) =>
    res.writeHead(200, { 'Content-Type': 'image/jpeg' }).end('<!doctype html><h1>Hello</h1>'),
  '/moved': (res) => res.writeHead(302, { Location: '/photo' }).end('moved'),
  '/ftp': (res) => res.writeHead(302, { Location: 'ftp://127.0.0.1/photo' }).end(),
  '/round': (res) => res.writeHead(307, { Location: '/round' }).end(),
  '/large': (res) => res.writeHead(200, { 'Content-Length': MAX_BYTES + 1 }).end(Buffer.alloc(MAX_BYTES + 1)),
  '/endless': (res) => {
    const more = () => {
      while (!res.destroyed && res.write(image));
    };
    res.writeHead(200).on('drain', more);
    more();
  },
  '/broken': (res) => {
    res.writeHead(200, { 'Content-Length': '5000' });
    res.write(image.subarray(0, 200), () => res.destroy());
  },
  '/silent': (res) => void silent.add(res),
};

beforeAll(async () => {
  image = await jpeg(1);
  site = createServer((req, res) => {
    asked.push(`${req.url} ${req.headers.authorization ?? ''}`.trim());
    const page = PAGES[req.url ?? ''];
    if (page) page(res);
    else res.writeHead(404).end('nothing here');
  }).listen(0, '127.0.0.1');
  await once(site, 'listening');
  at = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  anywhere = await startApp({ IMAGE_URLS: 'any', MAX_UPLOAD_BYTES: String(MAX_BYTES) });
  guarded = await startApp();
});
afterAll(async () => {
  await anywhere.close();
  await guarded.close();
  site.closeAllConnections();
  site.close();
});

const post = (app: TestApp, body: unknown, init: RequestInit = {}) =>
  app.fetch('/v1/predictions', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    ...init,
  });

async function refusal(app: TestApp, body: unknown): Promise<string> {
  const response = await post(app, body);
  const { type, detail } = (await response.json()) as { type: string; detail: string };
  return `${response.status} ${type.slice('/problems/'.length)}: ${detail}`;
}

describe('an image at an address', () => {
  it.each([
    ['as JSON', (url: string) => post(anywhere, { image_url: url })],
    [
      'as a form',
      (url: string) =>
        anywhere.fetch('/v1/predictions', { method: 'POST', body: form(null, { image_url: url }) }),
    ],
  ])('is fetched and predicted on, asked for %s', async (_, ask) => {
    const response = await ask(`${at}/photo`);
    expect(response.status).toBe(202);
    const { image: stored, urls } = (await response.json()) as PredictionView;
    expect(stored).toMatchObject({ format: 'jpeg', width: 64, height: 48, bytes: image.length });
    const kept = await anywhere.fetch(new URL(urls.image).pathname);
    expect(Buffer.from(await kept.arrayBuffer()).equals(image)).toBe(true);
  });

  it('is found behind a redirect, and no key goes along', async () => {
    asked.length = 0;
    const body = JSON.stringify({ image_url: `${at}/moved` });
    const headers = { 'Content-Type': 'application/json' };
    const response = await anywhere.fetchAsAdmin('/v1/predictions', { method: 'POST', headers, body });
    expect(response.status).toBe(202);
    expect(asked).toEqual(['/moved', '/photo']);
  });

  it.each([
    ['/page.jpg', /^415 unsupported-image: /],
    ['/none', /^422 image-not-fetched: 127\.0\.0\.1:\d+ answered 404/],
    ['/round', /^422 image-not-fetched: .* redirects more than 3 times/],
    ['/ftp', /^400 invalid-request: image_url: must begin with https:\/\//],
    ['/large', /^413 too-large: /],
    ['/endless', /^413 too-large: /],
    ['/broken', /^422 image-not-fetched: Fetching the image from 127\.0\.0\.1:\d+ failed/],
  ])(
    'that cannot be had or is none, such as %s, is refused in a sentence, and nothing is kept',
    async (path, sentence) => {
      const before = await uploads(anywhere);
      expect(await refusal(anywhere, { image_url: at + path })).toMatch(sentence);
      expect(await uploads(anywhere)).toEqual(before);
    },
  );

  it.each([
    'http://127.0.0.1:1/',
    'http://localhost/',
    'http://[::1]/',
    'http://169.254.169.254/latest',
    'http://10.0.0.7/',
  ])('is not fetched from this machine or its network: %s', async (url) => {
    expect(await refusal(guarded, { image_url: url })).toMatch(/^400 .* private, loopback .* \(IMAGE_URLS\)/);
  });

  it.each(['photo.jpg', 'file:///etc/passwd', 'http://user:secret@example.com/', 7])(
    'must be an address of the web: %s',
    async (url) => {
      expect(await refusal(anywhere, { image_url: url })).toMatch(/^400 invalid-request: image_url: /);
    },
  );

  it('is the only image of its request', async () => {
    const body = { image: image.toString('base64'), image_url: `${at}/photo` };
    expect(await refusal(anywhere, body)).toMatch(/^400 invalid-request: image, image_url: send one of them/);
  });

  it('is no longer fetched when its client leaves', async () => {
    const leaving = new AbortController();
    const asking = post(anywhere, { image_url: `${at}/silent` }, { signal: leaving.signal });
    await until('it is asked for', async () => silent.size > 0);
    leaving.abort();
    await expect(asking).rejects.toThrow();
    const [connection] = silent;
    await until('its connection is closed', async () => connection?.closed ?? false);
  });

  it('is not fetched where that is turned off, which clients are told', async () => {
    const off = await startApp({ HOST: '0.0.0.0', AUTH: 'open' });
    expect(await refusal(off, { image_url: `${at}/photo` })).toMatch(
      /turned off on this server \(IMAGE_URLS\)/,
    );
    expect(await (await off.fetch('/v1/limits')).json()).toMatchObject({ image_urls: false });
    expect(await (await guarded.fetch('/v1/limits')).json()).toMatchObject({ image_urls: true });
    await off.close();
  });
});
