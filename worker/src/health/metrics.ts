/**
 * What a worker measures of itself, for Prometheus: counted in this process, so that a scrape costs the database nothing.
 * Owns a registry of its own. Sums and rates over workers are Prometheus' business.
 */
import type { PredictionJob } from '@scry/shared/queue/job';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Answered } from '../jobs/predict/answered.js';
import { TrainingMetrics } from './training-metrics.js';

const STEP_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const WAIT_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];

/** A model that runs here. */
export interface MeasuredModel {
  readonly model: { readonly name: string; readonly version: string };
  readonly report: { readonly engine: string; readonly device: string };
}

/** The way of its images to the engine. */
export interface MeasuredRunner extends MeasuredModel {
  readonly coming: number;
  readonly waiting: number;
}

/** How a job ended here without an answer. */
export type Unanswered = 'dropped' | 'retried';

/** Sizes share a label up to the next power of two: with one for each, a histogram would have hundreds of series. */
export function sizeLabel(batchSize: number): string {
  return String(2 ** Math.ceil(Math.log2(Math.max(1, batchSize))));
}

export class WorkerMetrics {
  readonly registry = new Registry();
  readonly trainings = new TrainingMetrics(this.registry);
  readonly #queueWait: Histogram<'model'>;
  readonly #decode: Histogram<'model'>;
  readonly #batchWait: Histogram<'model'>;
  readonly #inference: Histogram<'model' | 'version' | 'device' | 'batch_size'>;
  readonly #images: Counter<'model' | 'version' | 'device'>;
  readonly #predictions: Counter<'model' | 'version' | 'outcome'>;
  #runners: () => Iterable<MeasuredRunner> = () => [];

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    this.#queueWait = this.#seconds(
      'scry_worker_queue_wait_seconds',
      "From acceptance to a worker's taking the job, by the worker's clock.",
      ['model'],
      WAIT_S,
    );
    this.#decode = this.#seconds(
      'scry_worker_decode_seconds',
      'Reading, decoding and scaling of one image.',
      ['model'],
    );
    this.#batchWait = this.#seconds(
      'scry_worker_batch_wait_seconds',
      'From a decoded image to the start of its batch.',
      ['model'],
    );
    this.#inference = this.#seconds(
      'scry_worker_inference_seconds',
      'One batch in the engine. batch_size is rounded up to a power of two.',
      ['model', 'version', 'device', 'batch_size'],
    );
    this.#images = new Counter({
      name: 'scry_worker_images_total',
      help: 'Images that went through the engine; divided by the count of batches it is the mean batch size.',
      labelNames: ['model', 'version', 'device'],
      registers: [this.registry],
    });
    this.#predictions = new Counter({
      name: 'scry_worker_predictions_total',
      help: 'Jobs done, by outcome: succeeded, failed, dropped (canceled or expired meanwhile), retried.',
      labelNames: ['model', 'version', 'outcome'],
      registers: [this.registry],
    });
    this.#addGauges();
  }

  /** Says which models run here; asked at every scrape. */
  watch(runners: () => Iterable<MeasuredRunner>): void {
    this.#runners = runners;
  }

  /** A job was taken from the queue. */
  taken({ model }: MeasuredModel, { createdAt }: PredictionJob): void {
    this.#queueWait.observe({ model: model.name }, Math.max(0, Date.now() - createdAt) / 1000);
  }

  /** A batch went through the engine. @param ms in the engine */
  ran({ model: { name, version }, report: { device } }: MeasuredModel, batchSize: number, ms: number): void {
    const labels = { model: name, version, device };
    this.#inference.observe({ ...labels, batch_size: sizeLabel(batchSize) }, ms / 1000);
    this.#images.inc(labels, batchSize);
  }

  /** A job ended with a result. */
  answered(loaded: MeasuredModel, { outcome, decodeMs, batchMs, batchSize }: Answered): void {
    const model = loaded.model.name;
    this.#decode.observe({ model }, decodeMs / 1000);
    if (batchSize > 0) this.#batchWait.observe({ model }, batchMs / 1000);
    this.#count(loaded, outcome.status);
  }

  /** A job ended without one. */
  unanswered(loaded: MeasuredModel, outcome: Unanswered): void {
    this.#count(loaded, outcome);
  }

  #count({ model: { name, version } }: MeasuredModel, outcome: string): void {
    this.#predictions.inc({ model: name, version, outcome });
  }

  #seconds<Label extends string>(name: string, help: string, labelNames: Label[], buckets = STEP_S) {
    return new Histogram({ name, help, labelNames, buckets, registers: [this.registry] });
  }

  #addGauges(): void {
    const runners = () => this.#runners();
    new Gauge({
      name: 'scry_worker_models',
      help: 'Models that are loaded here: 1 each.',
      labelNames: ['model', 'version', 'engine', 'device'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { model, report } of runners())
          this.set(
            { model: model.name, version: model.version, engine: report.engine, device: report.device },
            1,
          );
      },
    });
    new Gauge({
      name: 'scry_worker_runner_queue',
      help: 'Images between the queue and the engine: being decoded, or decoded and waiting for a batch.',
      labelNames: ['model', 'state'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { model, coming, waiting } of runners()) {
          this.inc({ model: model.name, state: 'decoding' }, coming);
          this.inc({ model: model.name, state: 'waiting' }, waiting);
        }
      },
    });
  }
}
