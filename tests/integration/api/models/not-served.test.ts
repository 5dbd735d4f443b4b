/** Predictions of models that workers serve, refuse or do not have; and a queue that workers cannot take jobs from. */
import { openDatabase } from '@scry/shared/database/database';
import { type WorkerBeat, WorkerStore } from '@scry/shared/database/workers';
import { form, jpeg, startApp, type TestApp, until } from '../../../helpers/app.js';
import { quiet, startRedis } from '../../../helpers/services.js';

const served = (name: string) => ({ name, version: '1', device: 'cpu', runtime: 'onnxruntime' });

async function beat(app: TestApp, changes: Partial<WorkerBeat>): Promise<void> {
  const database = openDatabase(app.services.config.DATABASE_URL, { max: 1, name: 'test', log: quiet });
  const worker = { id: 'w1', host: 'here', pid: 1, models: [], problems: [], queueProblem: null };
  await new WorkerStore(database).beat({ ...worker, ...changes });
  await database.close();
}

async function ask(app: TestApp, model: string): Promise<Response> {
  return app.fetch('/v1/predictions', { method: 'POST', body: form(await jpeg(1), { model }) });
}

describe('a prediction is', () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await startApp();
  });
  afterEach(() => app.close());

  it('accepted while no worker lives', async () => {
    expect((await ask(app, 'blood-cells')).status).toBe(202);
  });

  it('accepted while its model is served, and for a while after: workers restart', async () => {
    await beat(app, { models: [served('blood-cells')] });
    expect((await ask(app, 'blood-cells')).status).toBe(202);
    await beat(app, { problems: [{ name: 'blood-cells', version: '1', message: 'model.onnx is damaged' }] });
    await until('the API has noticed', async () => {
      const model = (await (await app.fetch('/v1/models/blood-cells')).json()) as { serving: boolean };
      return !model.serving;
    });
    expect((await ask(app, 'blood-cells')).status).toBe(202);
  });

  it('refused with the reason when every worker refused its model', async () => {
    const problems = [{ name: 'blood-cells', version: '1', message: 'model.onnx is damaged.' }];
    await beat(app, { models: [served('everyday-10')], problems });
    const refused = await ask(app, 'blood-cells');
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({
      type: '/problems/model-not-served',
      code: 550,
      detail:
        'No worker can load the model "blood-cells@1": model.onnx is damaged. Send it again when it is served.',
    });
    expect((await ask(app, 'everyday-10')).status).toBe(202);
  });

  it('refused when workers live and none has its model', async () => {
    await beat(app, { models: [served('everyday-10')] });
    const refused = await ask(app, 'blood-cells');
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ detail: expect.stringContaining('No worker serves') });
  });
});

describe('readiness', () => {
  const readyz = async (app: TestApp) => {
    const response = await app.fetch('/readyz');
    const { checks } = (await response.json()) as { checks: { queue: string } };
    return { status: response.status, queue: checks.queue };
  };

  it('is lost while no worker can take jobs, with the reason, and told by the metrics', async () => {
    const app = await startApp();
    await beat(app, { queueProblem: 'jobs could not be taken for 9 s: timeout' });
    await until('it is not ready', async () => (await readyz(app)).status === 503);
    expect((await readyz(app)).queue).toBe(
      'No worker can take jobs. w1: jobs could not be taken for 9 s: timeout',
    );
    expect(await (await app.fetch('/metrics')).text()).toMatch(/^scry_workers_taking_jobs 0$/m);
    await beat(app, { id: 'w2' });
    await until('another one can', async () => (await readyz(app)).status === 200);
    await app.close();
  });

  it('is lost while Redis is out of memory, with the reason', async () => {
    const redis = await startRedis();
    if (!redis) return;
    const app = await startApp({ QUEUE_URL: redis.url });
    expect(await readyz(app)).toEqual({ status: 200, queue: 'ok' });
    await redis.configure('maxmemory', '1');
    await until('it is not ready', async () => (await readyz(app)).status === 503);
    expect((await readyz(app)).queue).toMatch(/^Redis does not take jobs: OOM/);
    await redis.configure('maxmemory', '0');
    await until('it is ready again', async () => (await readyz(app)).status === 200);
    await app.close();
    await redis.remove();
  });
});
