/** One worker process from its settings to its end. */
import { versionKey } from '@scry/shared/contracts/version';
import { checkQueueAccess } from '@scry/shared/queue/access';
import { manageLifecycle } from '@scry/shared/runtime/lifecycle';
import { loadConfig } from '@scry/shared/runtime/load-config';
import { createLogger } from '@scry/shared/runtime/log';
import { orExit } from '@scry/shared/runtime/setting-problem';
import { keepAliveFile } from './health/alive.js';
import { serveMetrics } from './health/metrics-server.js';
import { defaultThreads } from './inference/default-threads.js';
import type { EngineModules } from './inference/engines/registry.js';
import { startTrainer } from './jobs/train/trainer.js';
import { startWorker, type WorkerService } from './service.js';

/**
 * Runs a worker until this process is asked to stop.
 * @param env the environment, for the settings
 * @param engines in the place of built-in ones
 */
export async function runWorker(env: NodeJS.ProcessEnv, engines: EngineModules = {}): Promise<void> {
  const settings = loadConfig(env);
  const config = { ...settings, WORKER_THREADS: settings.WORKER_THREADS ?? defaultThreads(settings.DEVICE) };
  const log = createLogger('worker', config.LOG_LEVEL).child({ worker: config.WORKER_ID });

  const metrics = config.WORKER_PORT === 0 ? null : new (await import('./health/metrics.js')).WorkerMetrics();
  const server =
    metrics &&
    (await orExit(log, serveMetrics(metrics.registry, { host: config.HOST, port: config.WORKER_PORT, log })));

  let service: WorkerService | null = null;
  const lifecycle = manageLifecycle({
    log,
    deadlineMs: config.SHUTDOWN_TIMEOUT_S * 1000,
    stop: async () => {
      await service?.stop();
      await server?.close();
    },
    onDeadline: async () => service?.abandon(),
  });
  const onUnhealthy = (sentence: string) => lifecycle.shutDown(sentence, 1);

  await orExit(log, checkQueueAccess(config.QUEUE_URL));
  const predicts = config.WORKER_ROLES.includes('predict');
  service = await orExit(
    log,
    predicts
      ? startWorker(config, log, { onUnhealthy, engines, metrics })
      : startTrainer(config, log, metrics),
  );
  const models = service.beat().models.map(({ name, version }) => versionKey(name, version));
  log.info(predicts ? { models, threads: config.WORKER_THREADS } : {}, predicts ? 'ready' : 'ready to train');
  if (config.WORKER_ALIVE_FILE) await keepAliveFile(config.WORKER_ALIVE_FILE, log);
  server?.ready();
  lifecycle.ready();
}
