/** A worker that trains and does not predict: it loads no models. */
import { hostname } from 'node:os';
import { openDatabase } from '@scry/shared/database/database';
import { type WorkerBeat, WorkerStore } from '@scry/shared/database/workers';
import { openJobServer } from '@scry/shared/queue/open';
import type { Config } from '@scry/shared/runtime/config';
import type { Logger } from '@scry/shared/runtime/log';
import { prepareImages } from '@scry/shared/storage/data-folder';
import { keepBeating } from '../../health/heartbeat.js';
import type { WorkerMetrics } from '../../health/metrics.js';
import type { WorkerService } from '../../service.js';
import { TrainingJobs } from './training-jobs.js';

/** Starts to take trainings. @throws what the database, the queue or the disk say */
export async function startTrainer(
  config: Config,
  log: Logger,
  metrics: WorkerMetrics | null,
): Promise<WorkerService> {
  const database = openDatabase(config.DATABASE_URL, {
    max: config.DATABASE_POOL,
    name: 'scry-trainer',
    log,
  });
  const jobServer = await openJobServer(config.QUEUE_URL, config.DATABASE_POOL, log);
  await prepareImages(config.DATA_DIR);
  await jobServer.prepare();
  const consumer = jobServer.consumer();
  const trainings = metrics?.trainings ?? null;
  const jobs = new TrainingJobs({ config, database, jobServer, consumer, log, metrics: trainings });
  const beat = (): WorkerBeat => ({
    ...{ id: config.WORKER_ID, host: hostname(), pid: process.pid, roles: config.WORKER_ROLES },
    ...{ models: [], problems: [], training: jobs.running?.id ?? null },
    queueProblem: consumer.problem(),
  });
  const beating = await keepBeating(new WorkerStore(database), beat, log);
  return {
    beat,
    async stop() {
      jobs.close();
      await consumer.close();
      await beating.end();
      await jobServer.close();
      await database.close();
    },
    abandon: () => consumer.abandon(),
  };
}
