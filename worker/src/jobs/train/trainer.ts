/** A worker that trains and does not predict: it loads no models. */
import { openDatabase } from '@scry/shared/database/database';
import { checkQueueAccess } from '@scry/shared/queue/access';
import { openJobServer } from '@scry/shared/queue/open';
import type { Config } from '@scry/shared/runtime/config';
import { manageLifecycle } from '@scry/shared/runtime/lifecycle';
import type { Logger } from '@scry/shared/runtime/log';
import { orExit } from '@scry/shared/runtime/setting-problem';
import { prepareImages } from '@scry/shared/storage/data-folder';
import { TrainingJobs } from './training-jobs.js';

/** Runs until this process is asked to stop. */
export async function runTrainer(config: Config, log: Logger): Promise<void> {
  await orExit(log, checkQueueAccess(config.QUEUE_URL));
  const database = openDatabase(config.DATABASE_URL, {
    max: config.DATABASE_POOL,
    name: 'scry-trainer',
    log,
  });
  const jobServer = await openJobServer(config.QUEUE_URL, config.DATABASE_POOL, log);
  await orExit(log, prepareImages(config.DATA_DIR));
  await jobServer.prepare();
  const consumer = jobServer.consumer();
  const jobs = new TrainingJobs({ config, database, jobServer, consumer, log });
  const lifecycle = manageLifecycle({
    log,
    deadlineMs: config.SHUTDOWN_TIMEOUT_S * 1000,
    async stop() {
      jobs.close();
      await consumer.close();
      await jobServer.close();
      await database.close();
    },
    onDeadline: () => consumer.abandon(),
  });
  log.info('ready to train');
  lifecycle.ready();
}
