import { form, jpeg, startApp, type TestApp } from '../../../helpers/app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp({ CORS_ORIGINS: 'https://shop.example' });
});

afterAll(() => app.close());

/** What a browser says of a page elsewhere. */
const from = (origin: string) => ({ Origin: origin, 'Sec-Fetch-Site': 'cross-site' });

it('lets pages of the origins that were named upload and read what they need', async () => {
  const preflight = await app.fetch('/v1/predictions/some-id-of-mine', {
    method: 'OPTIONS',
    headers: { ...from('https://shop.example'), 'Access-Control-Request-Method': 'PUT' },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
  const body = form(await jpeg(1));
  const made = await app.fetch('/v1/predictions', {
    method: 'POST',
    body,
    headers: from('https://shop.example'),
  });
  expect(made.status).toBe(202);
  expect(made.headers.get('access-control-allow-origin')).toBe('https://shop.example');
  expect(made.headers.get('access-control-expose-headers')).toContain('Location');
});

it('takes no images from pages of other origins, and lets the browser keep answers from them', async () => {
  const answer = await app.fetch('/v1/models', { headers: from('https://elsewhere.example') });
  expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  const body = form(await jpeg(2));
  const headers = from('https://elsewhere.example');
  expect((await app.fetch('/v1/predictions', { method: 'POST', body, headers })).status).toBe(403);
});
