import type { Operations } from '@scry/shared/contracts/statistics';
import { form, jpeg, predict, startApp, type TestApp } from '../../../helpers/app.js';
import { keyFor } from '../../../helpers/keys.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const set = (state: string, model = 'blood-cells') =>
  app.fetchAsAdmin(`/v1/models/${model}/queue`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ state }),
  });
const send = async (seed: number) => {
  const body = form(await jpeg(seed), { model: 'blood-cells' });
  return app.fetch('/v1/predictions', { method: 'POST', body });
};

describe("a model's queue", () => {
  it('runs until an administrator says otherwise', async () => {
    const queue = await app.fetch('/v1/models/blood-cells/queue');
    expect(await queue.json()).toEqual({ model: 'blood-cells', state: 'running', unfinished: 0 });
    const headers = { ...(await keyFor(app, ['read', 'models:write'])), 'Content-Type': 'application/json' };
    const body = JSON.stringify({ state: 'paused' });
    const refused = await app.fetch('/v1/models/blood-cells/queue', { method: 'PUT', headers, body });
    expect(refused.status).toBe(403);
  });

  it('that is paused accepts predictions, and operators see its state', async () => {
    expect(await (await set('paused')).json()).toMatchObject({ state: 'paused' });
    expect((await send(1)).status).toBe(202);
    const { queues } = (await (await app.fetch('/v1/stats')).json()) as Operations;
    expect(queues).toMatchObject({ 'blood-cells': 'paused', 'everyday-10': 'running' });
    const metrics = await (await app.fetch('/metrics')).text();
    expect(metrics).toMatch(/^scry_model_queue_running\{model="blood-cells",state="paused"\} 0$/m);
    expect(metrics).toMatch(/^scry_model_queue_running\{model="everyday-10",state="running"\} 1$/m);
  });

  it('that drains refuses predictions of that model alone', async () => {
    expect(await (await set('draining')).json()).toMatchObject({ state: 'draining', unfinished: 1 });
    const refused = await send(2);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '30']);
    expect(await refused.json()).toMatchObject({ type: '/problems/model-draining', code: 550 });
    await predict(app, await jpeg(3), { model: 'everyday-10' });
    await set('running');
    expect((await send(4)).status).toBe(202);
  });

  it('is told apart from one of a model that does not exist, and from other states', async () => {
    expect((await set('paused', 'no-such-model')).status).toBe(404);
    expect((await set('asleep')).status).toBe(400);
  });
});
