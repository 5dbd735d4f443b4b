import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Outcome } from '@scry/shared/contracts/prediction';
import type { ModelStatistics, Operations } from '@scry/shared/contracts/statistics';
import { WorkerMetrics } from '@scry/worker/health/metrics';
import sharp from 'sharp';
import { CAT, finish, jpeg, predict, startApp, type TestApp } from '../../../helpers/app.js';
import { keyFor } from '../../../helpers/keys.js';
import { REPO } from '../../../helpers/system.js';

let app: TestApp;
let readKey: Record<string, string>;

beforeAll(async () => {
  app = await startApp();
  readKey = await keyFor(app, ['read']);
});
afterAll(() => app.close());

const failed = { status: 'failed', error: { code: 510, message: 'The image is damaged.' } } as const;
const send = async (seed: number, model: string) =>
  (await predict(app, await jpeg(seed), { model })).prediction_id;

/** Waits until the buckets, which show whole stretches of time only, hold something. */
async function untilCounted(enough: (operations: Operations) => boolean): Promise<Operations> {
  const response = await app.fetch('/v1/stats/events');
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString();
    for (const block of text.split('\n\n').slice(0, -1)) {
      const operations = JSON.parse(block.split('\n')[1]?.slice('data: '.length) ?? '') as Operations;
      if (enough(operations)) return operations;
    }
  }
  throw new Error('the stream ended before');
}

const sum = (operations: Operations, field: 'succeeded' | 'failed') =>
  operations.buckets.reduce((total, bucket) => total + bucket[field], 0);

describe('statistics', () => {
  it('tell what came, ended and failed, to anyone where no key is asked for', async () => {
    await app.services.predictions.finish(finish(await send(1, 'everyday-10'), CAT));
    await app.services.predictions.finish({ ...finish(await send(2, 'everyday-10'), CAT), batchSize: 3 });
    await app.services.predictions.finish(finish(await send(3, 'blood-cells'), failed));
    await send(4, 'blood-cells');

    expect((await app.fetch('/v1/stats')).status).toBe(200);
    const operations = await untilCounted((now) => sum(now, 'succeeded') === 2 && sum(now, 'failed') === 1);
    expect(operations.failures).toEqual([{ code: 510, count: 1 }]);
    expect(operations.unfinished).toEqual({ 'blood-cells': 1 });
    const last = operations.buckets.at(-1);
    expect(last?.unfinished).toEqual({ 'blood-cells': 1 });
    expect(operations.buckets[0]?.unfinished['blood-cells']).toBe(0);
    const busy = operations.buckets.filter(({ succeeded }) => succeeded > 0);
    for (const bucket of busy) {
      expect(bucket.median_ms).toBeGreaterThan(0);
      expect(bucket.batch_size).toBeGreaterThanOrEqual(1);
    }
  });

  it('say per model how many, how fast and how often wrong', async () => {
    const id = await send(5, 'everyday-10-tfjs');
    await app.services.predictions.finish(finish(id, CAT));
    await app.services.predictions.finish(finish(await send(6, 'everyday-10-tfjs'), CAT));
    await app.services.feedback.record(id, { label: 'dog' });
    const response = await app.fetch('/v1/stats/models');
    const { items } = (await response.json()) as { items: ModelStatistics[] };
    expect(items.find(({ name }) => name === 'everyday-10-tfjs')).toMatchObject({
      ...{ predictions: 2, predictions_exact: true, recent: 2, reported_wrong: 1 },
      median_ms: expect.any(Number),
      versions: [
        {
          ...{
            version: '1',
            recent: 2,
            succeeded: 2,
            failed: 0,
            reported_wrong: 1,
            reported_wrong_share: 0.5,
          },
          wait: { median_ms: expect.any(Number), p95_ms: expect.any(Number) },
          inference: { median_ms: 4, p95_ms: 4 },
          total: { median_ms: expect.any(Number), p95_ms: expect.any(Number) },
        },
      ],
    });
  });

  it('say per version how many failed, how long each step took, and which share was called wrong', async () => {
    const record = async (seed: number, version: string, outcome: Outcome, inferenceMs: number) => {
      const id = await send(seed, 'everyday-10-tfjs');
      await app.services.predictions.finish({
        ...finish(id, outcome),
        ...{ modelVersion: version, inferenceMs },
      });
      return id;
    };
    const seen = (await app.services.statistics.ofModel('everyday-10-tfjs', 100, 100)).versions;
    expect(seen.map(({ version }) => version)).toEqual(['1']);
    const wrong = await record(20, '2', CAT, 10);
    for (const seed of [21, 22, 23]) await record(seed, '2', CAT, 20);
    await record(24, '2', failed, 500);
    await app.services.feedback.record(wrong, { label: 'dog' });
    const { versions, ...all } = await app.services.statistics.ofModel('everyday-10-tfjs', 100, 100);
    expect(versions.map(({ version }) => version)).toEqual(['2', '1']);
    expect(versions[0]).toMatchObject({ ended: 5, succeeded: 4, failed: 1, reportedWrong: 1 });
    expect(versions[0]?.inferenceMs).toEqual([20, 20]); // of those that succeeded
    for (const time of [versions[0]?.waitMs, versions[0]?.totalMs]) {
      const [median, p95] = time ?? [-1, -1];
      expect(median).toBeGreaterThanOrEqual(0);
      expect(p95).toBeGreaterThanOrEqual(median);
    }
    expect(all).toMatchObject({ predictions: 7, ended: 7, succeeded: 6, failed: 1, reportedWrong: 2 });
    expect(await app.services.statistics.ofModel('nobody', 100, 100)).toMatchObject({
      ...{ predictions: 0, ended: 0, totalMs: null, versions: [] },
    });
  });

  it('count who is ahead in a queue', async () => {
    const mine = await send(7, 'blood-cells');
    const later = await send(8, 'blood-cells');
    const ahead = async (id: string) => (await app.fetch(`/v1/predictions/${id}/position`)).json();
    expect(await ahead(mine)).toEqual({ ahead: 1 });
    expect(await ahead(later)).toEqual({ ahead: 2 });
    await app.services.predictions.finish(finish(mine, CAT));
    expect(await ahead(mine)).toEqual({ ahead: null });
    expect(await ahead(later)).toEqual({ ahead: 1 });
  });
});

describe('thumbnails', () => {
  it('are small, keep the proportions, and are made once', async () => {
    const { prediction_id } = await predict(app, await jpeg(9, 800, 400));
    const first = await app.fetch(`/v1/predictions/${prediction_id}/thumbnail?size=256`);
    const bytes = Buffer.from(await first.arrayBuffer());
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'jpeg', width: 256, height: 128 });
    expect(first.headers.get('cache-control')).toContain('immutable');
    const etag = String(first.headers.get('etag'));
    const again = await app.fetch(`/v1/predictions/${prediction_id}/thumbnail`, {
      headers: { 'If-None-Match': etag, 'Cache-Control': 'max-age=0' }, // fetch would ask for no cache
    });
    expect(again.status).toBe(304);
  });

  it('come in a few sizes only', async () => {
    const { prediction_id } = await predict(app, await jpeg(10));
    const response = await app.fetch(`/v1/predictions/${prediction_id}/thumbnail?size=257`);
    expect(response.status).toBe(400);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});

describe("a model's README", () => {
  it('is given as it is', async () => {
    const response = await app.fetch('/v1/models/blood-cells/readme');
    expect(response.headers.get('content-type')).toContain('text/markdown');
    expect(await response.text()).toContain('BCCD');
  });
});

describe('the queue board', () => {
  it('asks a browser for a password, and takes an admin key as one', async () => {
    const stranger = await app.fetch('/admin/queues');
    expect(stranger.status).toBe(401);
    expect(stranger.headers.get('www-authenticate')).toMatch(/^Basic /);
    const key = (await keyFor(app, ['admin'])).Authorization?.slice('Bearer '.length);
    const basic = `Basic ${Buffer.from(`anyone:${key}`).toString('base64')}`;
    const board = await app.fetch('/admin/queues/api/queues', { headers: { Authorization: basic } });
    expect(board.status).toBe(200);
    const { queues } = (await board.json()) as { queues: { name: string }[] };
    expect(queues.map(({ name }) => name)).toContain('scry-blood-cells@1');
  });

  it('is closed to keys that only read', async () => {
    expect((await app.fetch('/admin/queues', { headers: readKey })).status).toBe(403);
  });
});

describe('the dashboard that comes with Scry', () => {
  it('asks only for what the API and the workers tell', async () => {
    await app.services.predictions.finish(finish(await send(11, 'everyday-10'), CAT));
    await untilCounted((now) => sum(now, 'succeeded') > 0);
    const dashboard = await readFile(path.join(REPO, 'monitoring/grafana/dashboards/scry.json'), 'utf8');
    const asked = new Set(dashboard.match(/\b(scry|process|nodejs)_\w+/g));
    const ofApi = await (await app.fetch('/metrics')).text();
    const told = ofApi + (await new WorkerMetrics().registry.metrics());
    expect(asked.size).toBeGreaterThan(15);
    for (const name of asked) expect(told).toContain(`# TYPE ${name.replace(/_(bucket|count)$/, '')} `);
    expect(ofApi).toMatch(/^scry_prediction_seconds\{quantile="0.5"\} 0\.\d+$/m);
  });
});
