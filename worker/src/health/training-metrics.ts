/** What a worker measures of its trainings, for Prometheus. Sums over workers are Prometheus' business. */
import type { Method, TrainingProgress } from '@scry/shared/contracts/training';
import { Counter, Gauge, type Registry } from 'prom-client';

/** The training that runs here. */
export interface MeasuredTraining {
  readonly method: Method;
  readonly progress: TrainingProgress;
}

/** How a start of a training ended here; `interrupted`: it goes on elsewhere, or is tried again. */
export type TrainingOutcome = 'succeeded' | 'failed' | 'canceled' | 'interrupted';

export class TrainingMetrics {
  readonly #ended: Counter<'method' | 'outcome'>;
  #running: () => MeasuredTraining | null = () => null;

  constructor(registry: Registry) {
    this.#ended = new Counter({
      name: 'scry_worker_trainings_total',
      help: 'Trainings that ended here, by outcome; interrupted ones go on elsewhere or are tried again.',
      labelNames: ['method', 'outcome'],
      registers: [registry],
    });
    this.#gauge(registry, 'scry_worker_training', 'A training runs here: 1.', () => 1);
    this.#gauge(
      registry,
      'scry_worker_training_progress',
      'How far the training is that runs here: images prepared, then steps taken, as a share.',
      ({ done = 0, of = 0 }) => (of > 0 ? done / of : 0),
    );
    this.#gauge(
      registry,
      'scry_worker_training_loss',
      'Loss of the training that runs here.',
      ({ loss }) => loss ?? null,
    );
  }

  /** Says which training runs here; asked at every scrape. */
  watch(running: () => MeasuredTraining | null): void {
    this.#running = running;
  }

  ended(method: Method, outcome: TrainingOutcome): void {
    this.#ended.inc({ method, outcome });
  }

  #gauge(
    registry: Registry,
    name: string,
    help: string,
    value: (progress: TrainingProgress) => number | null,
  ): void {
    const running = () => this.#running();
    new Gauge({
      ...{ name, help, labelNames: ['method'], registers: [registry] },
      collect() {
        this.reset();
        const training = running();
        const found = training && value(training.progress);
        if (training && found !== null) this.set({ method: training.method }, found);
      },
    });
  }
}
