/** A small Scry that trains, in this process: the API, and the jobs of a worker. */
import type { DatasetView } from '@scry/shared/contracts/dataset';
import { hasEnded, type TrainingView } from '@scry/shared/contracts/training';
import type { Config } from '@scry/shared/runtime/config';
import { WorkerMetrics } from '@scry/worker/health/metrics';
import { startTrainer as startWorkerThatTrains } from '@scry/worker/jobs/train/trainer';
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
  readonly metrics: WorkerMetrics;
  close(): Promise<void>;
}

/** Trains what the app queues, as a worker does that does nothing else. */
export async function startTrainer({ TRAIN_THREADS = 1, ...config }: Config): Promise<TestTrainer> {
  const metrics = new WorkerMetrics();
  const settings: Config = { ...config, TRAIN_THREADS, WORKER_ROLES: ['train'], WORKER_ID: 'trainer' };
  const service = await startWorkerThatTrains(settings, quiet, metrics);
  return { metrics, close: () => service.stop() };
}
