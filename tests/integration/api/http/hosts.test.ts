import { once } from 'node:events';
import { request } from 'node:http';
import { form, jpeg, makeKey, startApp, type TestApp, withKey } from '../../../helpers/app.js';

const EVERYDAY = { AUTH: 'open', PUBLIC_URL: 'https://scry.example', ALLOWED_HOSTS: 'camera.lan' };

/** Asks under a name, as a browser would whose page has pointed that name here. @returns the status */
async function statusAs(app: TestApp, host: string, path = '/v1/models'): Promise<number | undefined> {
  const { port } = new URL(app.url);
  const asked = request({ host: '127.0.0.1', port, path, headers: { host }, agent: false }).end();
  const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
  response.resume();
  return response.statusCode;
}

async function createFrom(app: TestApp, headers: Record<string, string>): Promise<number> {
  return (await app.fetch('/v1/predictions', { method: 'POST', body: form(await jpeg(1)), headers })).status;
}

describe('a server that asks nobody for a key, on loopback', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp(EVERYDAY);
  });
  afterAll(() => app.close());

  it.each([
    'localhost',
    'localhost:8080',
    'LOCALHOST.',
    '127.0.0.1:1',
    '127.8.0.1',
    '[::1]:8080',
    'scry.localhost',
  ])('answers as %s', async (host) => {
    expect(await statusAs(app, host)).toBe(200);
  });

  it.each(['scry.example', 'scry.example:443', 'camera.lan:8080'])(
    'answers as %s, which was named',
    async (host) => {
      expect(await statusAs(app, host)).toBe(200);
    },
  );

  it.each([
    'evil.example',
    'evil.example:8080',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '192.168.0.7',
    '0.0.0.0',
  ])('refuses to answer as %s, whatever is asked', async (host) => {
    for (const path of ['/', '/v1/models', '/v1/predictions/12345678', '/openapi.json', '/readyz', '/docs/'])
      expect(await statusAs(app, host, path)).toBe(421);
  });

  it.each(['a b', 'x/../y', 'user@localhost', 'localhost:8080:1', '<script>'])(
    'calls "%s" no name',
    async (host) => {
      expect(await statusAs(app, host)).toBe(400);
    },
  );

  it('takes images from its own page and from no other', async () => {
    const { port } = new URL(app.url);
    expect(await createFrom(app, { origin: app.url, 'sec-fetch-site': 'same-origin' })).toBe(202);
    expect(await createFrom(app, { origin: 'https://scry.example' })).toBe(202);
    expect(await createFrom(app, {})).toBe(202);
    for (const origin of [
      'https://evil.example',
      'http://127.0.0.1:1',
      `http://localhost:${port}`,
      'null',
      'x',
    ])
      expect(await createFrom(app, { origin, 'sec-fetch-site': 'same-site' })).toBe(403);
  });

  it('takes images from any page that has a key', async () => {
    const key = withKey(await makeKey(app, 'predict'));
    expect(await createFrom(app, { ...key, origin: 'https://evil.example' })).toBe(202);
  });
});

it('with keys, answers under any name', async () => {
  const app = await startApp({ AUTH: 'key' });
  expect(await statusAs(app, 'any.example', '/openapi.json')).toBe(200);
  await app.close();
});
