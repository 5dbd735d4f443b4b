/** What can be done with trainings, free of HTTP: started where they can succeed, waited for, canceled. */
import type { ClassCount } from '@scry/shared/contracts/dataset';
import { hasEnded, type NewTrainingRequest, newTrainingId } from '@scry/shared/contracts/training';
import type { ChangeListener } from '@scry/shared/database/change-listener';
import type { DatasetStore } from '@scry/shared/database/datasets';
import type { ModelVersionStore } from '@scry/shared/database/model-versions';
import type { Training, TrainingStore } from '@scry/shared/database/trainings';
import { findBase } from '@scry/shared/models/base-model';
import { TRAINING_JOB_OPTIONS, TRAINING_QUEUE, trainingJob } from '@scry/shared/queue/job';
import type { JobServer } from '@scry/shared/queue/server';
import type { Logger } from '@scry/shared/runtime/log';
import type { Blobs } from '@scry/shared/storage/blobs';
import type { DatasetService } from '../datasets/dataset-service.js';
import { Problem } from '../http/problems.js';

export interface TrainingServiceParts {
  readonly store: TrainingStore;
  readonly datasets: DatasetService;
  readonly datasetStore: DatasetStore;
  readonly versions: ModelVersionStore;
  readonly blobs: Blobs;
  readonly jobs: JobServer;
  readonly changes: ChangeListener;
  readonly modelsDir: string;
  /** Requests that may wait at the same time. */
  readonly maxWaiting: number;
  readonly log: Logger;
}

/** A class with fewer has none to learn from or none to be measured by. */
const LEAST_OF_A_CLASS = 2;

/** What is wrong with the classes of a data set, in a sentence; null: nothing. */
export function problemOfClasses(classes: readonly ClassCount[]): string | null {
  const named = classes.filter((one) => one.class !== null);
  if (named.length === 0) return 'The data set has no labelled image. Give its images classes first.';
  if (named.length === 1)
    return `The data set has one class only, "${named[0]?.class}". A training needs at least two.`;
  const few = named.filter(({ items }) => items < LEAST_OF_A_CLASS).map((one) => `"${one.class}"`);
  if (few.length > 0)
    return `Each class needs at least ${LEAST_OF_A_CLASS} images, and ${few.slice(0, 5).join(', ')} has fewer. Add images, or take the class out.`;
  return null;
}

export class TrainingService {
  readonly #parts: TrainingServiceParts;
  #waiting = 0;
  #closed = new AbortController();

  constructor(parts: TrainingServiceParts) {
    this.#parts = parts;
  }

  /** @throws Problem when it cannot succeed, or there is no such data set */
  async start(request: NewTrainingRequest, createdBy: string | null): Promise<Training> {
    const { store, datasets, datasetStore } = this.#parts;
    const { dataset: datasetId, name, ...settings } = request;
    const dataset = await datasets.get(datasetId);
    const problem = problemOfClasses(await datasetStore.classes(datasetId));
    if (problem) throw new Problem('training-refused', problem);
    if (settings.method !== 'scratch') await this.#checkBase(settings.method, settings.base);
    const training = await store.create({
      ...{ id: newTrainingId(), datasetId, datasetName: dataset.name, name, createdBy },
      ...{ method: settings.method, settings },
    });
    await this.#announce(training.id);
    return training;
  }

  /** @throws Problem */
  async get(id: string): Promise<Training> {
    const training = await this.#parts.store.get(id);
    if (!training) throw new Problem('training-not-found', `There is no training "${id}".`);
    return training;
  }

  /** Asked of one that has ended, it changes nothing. @throws Problem when there is none */
  async cancel(id: string, keepBest: boolean): Promise<Training> {
    const canceled = await this.#parts.store.cancel(id, keepBest);
    if (!canceled) return this.get(id);
    if (canceled.state === 'canceled')
      for (const key of [canceled.checkpoint, canceled.items]) if (key) await this.#parts.blobs.delete(key);
    return canceled;
  }

  /**
   * A training now, and after each change to its end, but no longer than `ms`.
   * @param signal ends it
   */
  async *follow(first: Training, ms: number, signal: AbortSignal): AsyncGenerator<Training> {
    const until = performance.now() + ms;
    const ended = AbortSignal.any([signal, this.#closed.signal]);
    const changes = new Changes(this.#parts.changes, first.id);
    this.#waiting += 1;
    try {
      yield first;
      let last = first;
      while (!hasEnded(last.state) && !ended.aborted && this.#waiting <= this.#parts.maxWaiting) {
        const rest = until - performance.now();
        if (rest <= 0) return;
        await changes.next(Math.min(rest, LOOK_EVERY_MS), ended);
        last = (await this.#parts.store.get(first.id)) ?? last;
        yield last;
      }
    } finally {
      this.#waiting -= 1;
      changes.close();
    }
  }

  /** Lets every waiting request go; for stopping. */
  close(): void {
    this.#closed.abort();
  }

  async #checkBase(method: string, base: string | undefined): Promise<void> {
    const { versions, modelsDir } = this.#parts;
    if (base === undefined)
      throw new Problem('training-refused', `base: name the model that the method ${method} builds on.`);
    const found = await findBase(base, versions, modelsDir);
    if ('problem' in found) throw new Problem('training-refused', `base: ${found.problem}`);
  }

  /** A job that cannot be added now is added by a worker that looks for trainings without one. */
  async #announce(id: string): Promise<void> {
    try {
      await this.#parts.jobs.add(TRAINING_QUEUE, [trainingJob(id)], TRAINING_JOB_OPTIONS);
    } catch (error) {
      this.#parts.log.warn({ training: id, error: (error as Error).message }, 'a training waits for its job');
    }
  }
}

/** A change may be told on a connection that breaks. */
const LOOK_EVERY_MS = 10_000;

/** Changes of one training that nobody has waited for yet. */
class Changes {
  readonly #unsubscribe: () => void;
  #changed = false;
  #wake: () => void = () => {};

  constructor(listener: ChangeListener, id: string) {
    this.#unsubscribe = listener.subscribe(id, () => {
      this.#changed = true;
      this.#wake();
    });
  }

  async next(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#changed && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const end = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', end);
          resolve();
        };
        const timer = setTimeout(end, ms);
        signal.addEventListener('abort', end);
        this.#wake = end;
      });
      this.#wake = () => {};
    }
    this.#changed = false;
  }

  close(): void {
    this.#unsubscribe();
  }
}
