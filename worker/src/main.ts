/** The worker process: reads settings, loads models, consumes, and drains when asked to stop. */
import { loadConfig } from '@scry/shared/config';
import { manageLifecycle } from '@scry/shared/lifecycle';
import { createLogger } from '@scry/shared/log';
import { startWorker, type WorkerService } from './service.js';

const config = loadConfig(process.env);
const log = createLogger('worker', config.LOG_LEVEL).child({ worker: config.WORKER_ID });

let service: WorkerService | null = null;
const lifecycle = manageLifecycle({
  log,
  deadlineMs: config.SHUTDOWN_TIMEOUT_S * 1000,
  stop: async () => service?.stop(),
  onDeadline: async () => service?.abandon(),
});

service = await startWorker(config, log, (sentence) => lifecycle.shutDown(sentence, 1));
log.info({ models: service.beat.models.map((model) => model.name), threads: config.WORKER_THREADS }, 'ready');
lifecycle.ready();
