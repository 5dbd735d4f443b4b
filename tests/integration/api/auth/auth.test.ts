import { form, jpeg, makeKey, predict, startApp, type TestApp, withKey } from '../../../helpers/app.js';

const json = { 'content-type': 'application/json' };

async function create(app: TestApp, headers: Record<string, string> = {}): Promise<Response> {
  return app.fetch('/v1/predictions', { method: 'POST', body: form(await jpeg(1)), headers });
}

describe('with AUTH=open', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ AUTH: 'open' });
  });
  afterAll(() => app.close());

  it('anyone may predict and read what they know the id of', async () => {
    const { prediction_id: id } = await predict(app, await jpeg(2));
    expect((await app.fetch(`/v1/predictions/${id}`)).status).toBe(200);
    expect((await app.fetch('/v1/models')).status).toBe(200);
  });

  it.each([
    ['GET', '/v1/predictions'],
    ['GET', '/v1/keys'],
    ['POST', '/v1/keys'],
    ['DELETE', '/v1/keys/abc'],
    ['GET', '/v1/webhook-secret'],
  ])('%s %s needs a key', async (method, where) => {
    const response = await app.fetch(where, { method });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Bearer');
    expect(await response.json()).toMatchObject({ type: '/problems/unauthorized' });
  });

  it('lists with a read key, sent either way', async () => {
    const key = await makeKey(app, 'read');
    expect((await app.fetch('/v1/predictions', { headers: withKey(key) })).status).toBe(200);
    expect((await app.fetch('/v1/predictions', { headers: { 'x-api-key': key } })).status).toBe(200);
  });

  it('refuses a key without the scope, and says which it lacks', async () => {
    const response = await app.fetch('/v1/keys', { headers: withKey(await makeKey(app, 'read')) });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('"admin"') });
  });

  it('lets no page of another site predict without a key', async () => {
    const key = await makeKey(app, 'predict');
    const from = (site: string) => ({ 'sec-fetch-site': site });
    expect((await create(app, from('cross-site'))).status).toBe(403);
    expect((await create(app, from('same-origin'))).status).toBe(202);
    expect((await create(app, { ...from('cross-site'), ...withKey(key) })).status).toBe(202);
  });

  it('refuses a wrong key even where none is needed, so that a typing error is noticed', async () => {
    expect((await create(app, withKey('scry_wrong'))).status).toBe(401);
  });
});

describe('with AUTH=key', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ AUTH: 'key' });
  });
  afterAll(() => app.close());

  it.each([
    ['POST', '/v1/predictions'],
    ['PUT', '/v1/predictions/12345678'],
    ['GET', '/v1/predictions/12345678'],
    ['GET', '/v1/predictions/12345678/events'],
    ['GET', '/v1/predictions/12345678/image'],
    ['POST', '/v1/predictions/12345678/cancel'],
    ['DELETE', '/v1/predictions/12345678'],
    ['GET', '/v1/predictions'],
    ['GET', '/v1/models'],
    ['GET', '/metrics'],
  ])('%s %s needs a key', async (method, where) => {
    expect((await app.fetch(where, { method })).status).toBe(401);
  });

  it.each(['/healthz', '/readyz', '/openapi.json'])('%s needs none', async (where) => {
    expect((await app.fetch(where)).status).toBe(200);
  });

  it('a predict key predicts, a read key only looks', async () => {
    const [predictKey, readKey] = [await makeKey(app, 'predict'), await makeKey(app, 'read')];
    const made = await create(app, withKey(predictKey));
    expect(made.status).toBe(202);
    const { prediction_id: id } = (await made.json()) as { prediction_id: string };
    expect((await app.fetch(`/v1/predictions/${id}`, { headers: withKey(readKey) })).status).toBe(200);
    expect((await create(app, withKey(readKey))).status).toBe(403);
    const canceling = { method: 'POST', headers: withKey(readKey) };
    expect((await app.fetch(`/v1/predictions/${id}/cancel`, canceling)).status).toBe(403);
  });

  it('makes, shows and revokes keys', async () => {
    const admin = withKey(await makeKey(app, 'admin'));
    const body = JSON.stringify({ name: 'a camera', scopes: ['predict'], expires_in_days: 1 });
    const made = await app.fetch('/v1/keys', { method: 'POST', headers: { ...admin, ...json }, body });
    expect(made.status).toBe(201);
    const { key, ...shown } = (await made.json()) as { key: string; id: string };
    expect((await create(app, withKey(key))).status).toBe(202);

    const list = (await (await app.fetch('/v1/keys', { headers: admin })).json()) as { items: unknown[] };
    expect(list.items).toContainEqual(shown);
    expect(JSON.stringify(list)).not.toContain(key.split('_').slice(2).join('_'));

    const revoked = await app.fetch(`/v1/keys/${shown.id}`, { method: 'DELETE', headers: admin });
    expect(await revoked.json()).toMatchObject({ revoked_at: expect.any(String) });
    expect((await create(app, withKey(key))).status).toBe(401);
  });

  it.each([
    {},
    { name: '' },
    { name: 'x', scopes: [] },
    { name: 'x', scopes: ['root'] },
    { name: 'x', x: 1 },
  ])('refuses to make a key of %j', async (wanted) => {
    const headers = { ...withKey(await makeKey(app, 'admin')), ...json };
    const body = JSON.stringify(wanted);
    expect((await app.fetch('/v1/keys', { method: 'POST', headers, body })).status).toBe(400);
  });
});
