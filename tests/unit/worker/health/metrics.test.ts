import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger } from '@scry/shared/runtime/log';
import { SettingProblem } from '@scry/shared/runtime/setting-problem';
import { sizeLabel, WorkerMetrics } from '@scry/worker/health/metrics';
import { serveMetrics } from '@scry/worker/health/metrics-server';

const log = createLogger('test', 'silent');
const CATS = {
  model: { name: 'cats', version: '3' },
  report: { engine: 'onnx', device: 'cpu' },
  coming: 2,
  waiting: 5,
};
const job = { id: 'a', sha256: 'b', parameters: {}, createdAt: Date.now() - 2000, expiresAt: null };
const answered = { decodeMs: 4, batchMs: 20, inferenceMs: 8, batchSize: 3 };

test('counts what jobs cost and how they end, by model and version', async () => {
  const metrics = new WorkerMetrics();
  metrics.watch(() => [CATS]);
  metrics.taken(CATS, job);
  metrics.ran(CATS, 3, 8);
  metrics.answered(CATS, { ...answered, outcome: { status: 'succeeded', output: { predictions: [] } } });
  metrics.answered(CATS, {
    ...answered,
    batchSize: 0,
    outcome: { status: 'failed', error: { code: 510, message: 'too slow' } },
  });
  metrics.unanswered(CATS, 'dropped');
  const text = await metrics.registry.metrics();
  const engine = 'model="cats",version="3",device="cpu"';
  for (const line of [
    'scry_worker_queue_wait_seconds_bucket{le="1",model="cats"} 0',
    'scry_worker_queue_wait_seconds_bucket{le="5",model="cats"} 1',
    'scry_worker_decode_seconds_count{model="cats"} 2',
    'scry_worker_batch_wait_seconds_count{model="cats"} 1',
    `scry_worker_inference_seconds_count{${engine},batch_size="4"} 1`,
    `scry_worker_inference_seconds_sum{${engine},batch_size="4"} 0.008`,
    `scry_worker_images_total{${engine}} 3`,
    'scry_worker_predictions_total{model="cats",version="3",outcome="succeeded"} 1',
    'scry_worker_predictions_total{model="cats",version="3",outcome="failed"} 1',
    'scry_worker_predictions_total{model="cats",version="3",outcome="dropped"} 1',
    'scry_worker_models{model="cats",version="3",engine="onnx",device="cpu"} 1',
    'scry_worker_runner_queue{model="cats",state="decoding"} 2',
    'scry_worker_runner_queue{model="cats",state="waiting"} 5',
  ])
    expect(text.split('\n')).toContain(line);
  expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
});

test('puts batch sizes under the next power of two', () => {
  expect([0, 1, 2, 3, 4, 5, 17, 64].map(sizeLabel)).toEqual(['1', '1', '2', '4', '4', '8', '32', '64']);
});

test('shows metrics at once and says in /healthz whether the worker takes jobs', async () => {
  const server = await serveMetrics(new WorkerMetrics().registry, { host: '127.0.0.1', port: 0, log });
  const get = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`);
  try {
    expect((await get('/healthz')).status).toBe(503);
    server.ready();
    const health = await get('/healthz');
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
    expect(await (await get('/metrics')).text()).toContain('# TYPE scry_worker_inference_seconds histogram');
    const elsewhere = await get('/');
    expect([elsewhere.status, await elsewhere.text()]).toEqual([404, 'Here are /metrics and /healthz.\n']);
  } finally {
    await server.close();
  }
});

test('says in one sentence what to do when the port is taken', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const serving = serveMetrics(new WorkerMetrics().registry, { host: '127.0.0.1', port, log });
  await expect(serving).rejects.toThrow(SettingProblem);
  await expect(serving).rejects.toThrow(/EADDRINUSE.*Set WORKER_PORT to a free port, or to 0 for none/);
  other.close();
});
