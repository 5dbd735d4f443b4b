/** A small Scry that trains, in this process: the API, and the jobs of a worker. */
import type { DatasetView } from '@scry/shared/contracts/dataset';
import { hasEnded, type TrainingView } from '@scry/shared/contracts/training';
import { openDatabase } from '@scry/shared/database/database';
import { openJobServer } from '@scry/shared/queue/open';
import type { Config } from '@scry/shared/runtime/config';
import { TrainingJobs } from '@scry/worker/jobs/train/training-jobs';
import type { TestApp } from './app.js';
import { quiet } from './services.js';

const json = { 'Content-Type': 'application/json' };

/** Makes a data set with the images of a zip. @returns its id */
export async function addDataset(app: TestApp, name: string, zip: Uint8Array): Promise<string> {
  const made = await app.fetchAsAdmin('/v1/datasets', {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ name }),
  });
  const { id } = (await made.json()) as DatasetView;
  const body = new FormData();
  body.set('file', new Blob([new Uint8Array(zip)]), 'images.zip');
  await app.fetchAsAdmin(`/v1/datasets/${id}/import`, { method: 'POST', body });
  await app.services.imports.idle();
  return id;
}

/** Sends POST /v1/trainings. */
export function startTraining(app: TestApp, request: object): Promise<Response> {
  return app.fetchAsAdmin('/v1/trainings', { method: 'POST', headers: json, body: JSON.stringify(request) });
}

/** Waits until a training has ended, or until `enough`. */
export async function follow(
  app: TestApp,
  id: string,
  enough: (training: TrainingView) => boolean = () => false,
): Promise<TrainingView> {
  const response = await app.fetchAsAdmin(`/v1/trainings/${id}/events`);
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString();
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1];
      const training = data && (JSON.parse(data) as TrainingView);
      if (training && (hasEnded(training.state) || enough(training))) return training;
    }
  }
  throw new Error('the events ended before the training');
}

export interface TestTrainer {
  close(): Promise<void>;
}

/** Trains what the app queues. */
export async function startTrainer({ TRAIN_THREADS = 1, ...config }: Config): Promise<TestTrainer> {
  const database = openDatabase(config.DATABASE_URL, { max: 4, name: 'test-trainer', log: quiet });
  const jobServer = await openJobServer(config.QUEUE_URL, 4, quiet);
  const consumer = jobServer.consumer();
  const jobs = new TrainingJobs({
    ...{ database, jobServer, consumer },
    config: { ...config, TRAIN_THREADS },
    log: quiet,
  });
  return {
    async close() {
      jobs.close();
      await consumer.close();
      await jobServer.close();
      await database.close();
    },
  };
}
