/**
 * One start of a training on this worker: what it needs is laid out in a folder of its own, its process runs, and what it
 * tells is written to the training's row. Owns the folder and the process; the row is this start's as long as its lease holds.
 *
 *     laying out ──▶ running ──▶ publishing ──▶ ended
 *          └───────────┴── released (this worker stops) or lost (somebody else goes on)
 */
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { toPlainText } from '@scry/shared/contracts/plain-text';
import {
  type CurvePoint,
  type Method,
  type TrainingProgress,
  withMethodDefaults,
} from '@scry/shared/contracts/training';
import type { DatasetItemStore } from '@scry/shared/database/dataset-items';
import type { ModelLabelStore } from '@scry/shared/database/model-labels';
import type { ModelVersionStore } from '@scry/shared/database/model-versions';
import { persist } from '@scry/shared/database/persist';
import {
  TRAINING_LEASE_S,
  type Training,
  type TrainingEnd,
  type TrainingStore,
  type TrainingUpdate,
} from '@scry/shared/database/trainings';
import type { Config } from '@scry/shared/runtime/config';
import type { Logger } from '@scry/shared/runtime/log';
import type { Blobs } from '@scry/shared/storage/blobs';
import type { TrainingOutcome } from '../../health/training-metrics.js';
import type { ImageLimits } from '../../imaging/failures.js';
import { keepPack } from './embedding-packs.js';
import { layOutBase, layOutEmbeddings, layOutItems } from './lay-out.js';
import { type FromProcess, TrainingRefused, type TrainRequest } from './protocol.js';
import { publish } from './publish.js';
import { keepBytes } from './snapshot.js';
import { startTrainingProcess, type TrainingProcess } from './training-process.js';

export interface TrainingRunParts {
  readonly store: TrainingStore;
  readonly items: DatasetItemStore;
  readonly versions: ModelVersionStore;
  readonly labels: ModelLabelStore;
  readonly blobs: Blobs;
  readonly dataDir: string;
  readonly modelsDir: string;
  readonly threads: number;
  readonly device: Config['DEVICE'];
  readonly memoryBytes: number;
  readonly limits: ImageLimits;
  readonly log: Logger;
}

/** How often this worker says that it works on the training, and hears whether it is to stop. */
const TOUCH_EVERY_MS = 2000;
/**
 * Not heard for so long, the row may soon be somebody else's: the process rests until it is known whose it is. Shorter than the
 * lease by more than a touch takes.
 */
const REST_AFTER_MS = (TRAINING_LEASE_S - 5) * 1000;
const MOST_LINES = 200;
/** A point without a checkpoint comes every few milliseconds; the row has all of them in the end. */
const CURVE_EVERY_MS = 500;

/** Why a run ended before its process did. */
type Interruption = 'discard' | 'stopping' | 'lost';

export class TrainingRun {
  readonly #parts: TrainingRunParts;
  readonly #training: Training;
  readonly #stop = new AbortController();
  readonly #lines: string[];
  readonly #curve: CurvePoint[];
  #process: TrainingProcess | null = null;
  #interruption: Interruption | null = null;
  #keepBest = false;
  #checkpoint: string | null;
  /** Content of the base model; null: it has no base, or one that is no version yet. */
  #base: string | null = null;
  #hash: string | null;
  #progress: TrainingProgress = {};
  /** When a touch began that the row answered. */
  #heardAt = performance.now();
  #curveWrittenAt = Number.NEGATIVE_INFINITY;
  /** Writes about the progress, one after the other. */
  #writing: Promise<void> = Promise.resolve();

  /** @param training as it was claimed */
  constructor(parts: TrainingRunParts, training: Training) {
    this.#parts = parts;
    this.#training = training;
    this.#lines = [...training.log];
    this.#curve = training.checkpoint ? [...training.curve] : [];
    this.#checkpoint = training.checkpoint;
    this.#hash = training.datasetHash;
  }

  get id(): string {
    return this.#training.id;
  }

  get method(): Method {
    return this.#training.method;
  }

  get progress(): TrainingProgress {
    return this.#progress;
  }

  /** Does the training, to its end as written. @throws faults of this machine: it may be tried again */
  async run(): Promise<TrainingOutcome> {
    const folder = await mkdtemp(path.join(tmpdir(), 'scry-train-'));
    const timer = setInterval(() => void this.#touch(), TOUCH_EVERY_MS);
    try {
      const end = await this.#do(folder);
      if (end) return await this.#end(end);
      if (this.#interruption === 'stopping') await this.#parts.store.release(this.#training);
      return 'interrupted';
    } catch (error) {
      if (!(error instanceof TrainingRefused)) throw error;
      return await this.#end({ state: 'failed', error: error.message });
    } finally {
      clearInterval(timer);
      this.#process?.kill();
      await this.#writing;
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Leaves the training to whoever takes it next. */
  release(): void {
    this.#interrupt('stopping');
  }

  #interrupt(why: Interruption): void {
    this.#interruption ??= why;
    if (why !== 'discard') this.#stop.abort();
    this.#process?.kill();
  }

  /** @returns null when it was interrupted and is not this start's to end */
  async #do(folder: string): Promise<TrainingEnd | null> {
    const request = await this.#layOut(folder);
    if (!this.#interruption) this.#process = startTrainingProcess(request, (message) => this.#hear(message));
    const ended = await this.#process?.ended;
    await this.#writing;
    if (this.#interruption === 'discard') return { state: 'canceled' };
    if (this.#interruption || !ended) return null;
    if ('died' in ended) throw new Error(`the training's process ended: ${ended.died}`);
    if (ended.kind === 'failed') return { state: 'failed', error: ended.error };
    // Asks once more whose the training is, before anything of it can be seen.
    await this.#write({ state: 'training', curve: this.#curve });
    if (this.#interruption) return this.#interruption === 'discard' ? { state: 'canceled' } : null;
    const training = { ...this.#training, datasetHash: this.#hash };
    const version = await publish(this.#parts, training, { ...ended, curve: this.#curve });
    const { metrics, answers } = ended;
    return { state: this.#keepBest ? 'canceled' : 'succeeded', version, metrics, answers };
  }

  async #layOut(folder: string): Promise<TrainRequest> {
    const { dataDir, threads, device, memoryBytes, limits } = this.#parts;
    const training = this.#training;
    const { label: _label, ...settings } = training.settings;
    const { items, hash } = await layOutItems(this.#parts, training, (update) => this.#write(update));
    this.#hash = hash;
    const base = await layOutBase(this.#parts, training, folder);
    this.#base = base?.content ?? null;
    return {
      kind: 'start',
      name: training.name,
      description: `Trained on ${items.length} images of the data set ${training.datasetName}.`,
      settings: withMethodDefaults(settings),
      items,
      base: base?.folder ?? null,
      embeddings: await layOutEmbeddings(this.#parts, training, this.#base, folder),
      checkpoint: await this.#oldCheckpoint(folder),
      ...{ folder, dataDir, threads, device, memoryBytes, limits },
    };
  }

  async #oldCheckpoint(folder: string): Promise<string | null> {
    const key = this.#checkpoint;
    if (!key || !(await this.#parts.blobs.stat(key))) return null;
    const file = path.join(folder, 'checkpoint');
    await this.#parts.blobs.copyTo(key, file);
    this.#lines.push(`Goes on after epoch ${this.#curve.at(-1)?.epoch ?? 0}.`);
    return file;
  }

  #hear(message: FromProcess): void {
    this.#writing = this.#writing
      .then(() => this.#note(message))
      .catch((error: Error) =>
        this.#parts.log.warn({ error: error.message }, 'progress of a training not written'),
      );
  }

  async #note(message: FromProcess): Promise<void> {
    if (message.kind === 'log') {
      this.#lines.push(toPlainText(message.line));
      await this.#write({ log: this.#lines.slice(-MOST_LINES) });
    } else if (message.kind === 'progress') {
      this.#progress = message.progress;
      await this.#write({ state: message.state, progress: message.progress });
    } else if (message.kind === 'epoch') await this.#noteEpoch(message);
    else if (message.kind === 'embeddings' && this.#base)
      await keepPack(this.#parts.blobs, this.#base, this.#training.datasetId, message.file);
  }

  async #noteEpoch({ point, checkpoint: file }: Extract<FromProcess, { kind: 'epoch' }>): Promise<void> {
    this.#curve.push(point);
    if (!file && performance.now() - this.#curveWrittenAt < CURVE_EVERY_MS) return;
    const checkpoint = file && (await this.#keepCheckpoint(file, point.epoch));
    await this.#write({ state: 'training', curve: this.#curve, ...(checkpoint ? { checkpoint } : {}) });
    this.#curveWrittenAt = performance.now();
    if (checkpoint) await this.#forgetCheckpoint(checkpoint);
  }

  async #keepCheckpoint(file: string, epoch: number): Promise<string> {
    const key = `trainings/${this.#training.id}/${this.#training.attempts}-${epoch}`;
    await keepBytes(this.#parts.blobs, key, createReadStream(file));
    await rm(file);
    return key;
  }

  /** Removes the checkpoint before the newest, once the row names the newest. */
  async #forgetCheckpoint(newest: string | null): Promise<void> {
    const before = this.#checkpoint;
    this.#checkpoint = newest;
    if (before) await this.#parts.blobs.delete(before);
  }

  async #write(update: TrainingUpdate): Promise<void> {
    this.#obey(await this.#parts.store.update(this.#training, update));
  }

  async #touch(): Promise<void> {
    const began = performance.now();
    if (began - this.#heardAt > REST_AFTER_MS) this.#process?.rest();
    try {
      this.#obey(await this.#parts.store.touch(this.#training));
      this.#heardAt = began;
      this.#process?.goOn();
    } catch (error) {
      this.#parts.log.warn({ error: (error as Error).message }, 'a training is not known to be worked on');
    }
  }

  #obey(asked: Training['cancel'] | 'lost'): void {
    if (asked === 'lost') this.#interrupt('lost');
    else if (asked === 'discard') this.#interrupt('discard');
    else if (asked === 'keep' && !this.#keepBest && this.#process) {
      this.#keepBest = true;
      this.#process.stop();
    }
  }

  async #end(end: TrainingEnd): Promise<TrainingOutcome> {
    const { store, log, blobs } = this.#parts;
    const { id } = this.#training;
    if (!(await persist(() => store.end(this.#training, end), this.#stop.signal, log))) return 'interrupted';
    await this.#forgetCheckpoint(null);
    await blobs.delete(`trainings/${id}/items`);
    log.info(
      { training: id, state: end.state, ...('error' in end ? { error: end.error } : {}) },
      'training ended',
    );
    return end.state;
  }
}
