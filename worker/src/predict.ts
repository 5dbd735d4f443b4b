/**
 * What happens to one job: claim → decode → batch → infer → write. Owns the predictions that run in this process.
 *
 *     claimed ──▶ decoding ──▶ waiting for a batch ──▶ inferring ──▶ written
 *        │            └────────────────┴── dropped (canceled or expired meanwhile)
 *        └─▶ quarantined (somebody died on it before: it runs in a process of its own)
 *
 * A bad picture ends as a result with an error; only faults that can pass are thrown, for the queue to try again.
 */
import { Batcher } from '@scry/shared/batcher';
import type { Logger } from '@scry/shared/log';
import type { Model } from '@scry/shared/manifest';
import { CODES, type Outcome } from '@scry/shared/prediction';
import type { PredictionJob } from '@scry/shared/queue';
import type { PictureStorage } from '@scry/shared/storage';
import type { Finish, PredictionStore } from '@scry/shared/store/predictions';
import { type Answered, withoutInference } from './answered.js';
import type { InferenceItem, InferencePool, LoadedReport } from './engines/pool.js';
import type { InferenceHealth } from './health.js';
import type { PictureReader } from './image.js';
import { persist } from './persist.js';
import type { Quarantine } from './quarantine.js';

export interface PredictorParts {
  readonly store: PredictionStore;
  readonly storage: PictureStorage;
  readonly reader: PictureReader;
  readonly pool: InferencePool;
  /** Batches that run at the same time. */
  readonly threads: number;
  readonly quarantine: Quarantine;
  readonly health: InferenceHealth;
  /** This worker's name, for results. */
  readonly worker: string;
  readonly log: Logger;
}

/** A prediction that runs here. */
interface Running {
  readonly job: PredictionJob;
  /** Canceled or expired: not worth another step. */
  stopped: boolean;
}

interface BatchItem {
  readonly running: Running;
  readonly input: InferenceItem;
  readonly since: number;
}

type Inferred = Omit<Answered, 'decodeMs'> | 'dropped';

/** A model as its manifest describes it, and as the engine loaded it. */
export interface Served {
  readonly model: Model;
  readonly report: LoadedReport;
}

/** One model's way through this process. */
interface Lane extends Served {
  readonly batcher: Batcher<BatchItem, Inferred>;
  /** Jobs that are on their way to the batcher: as long as there are some, waiting for company can pay. */
  coming: number;
}

/** A batch failed, and one of its pictures may be the reason: each is worth a try on its own. */
class BatchFailed extends Error {}

export class Predictor {
  readonly #parts: PredictorParts;
  readonly #lanes = new Map<string, Lane>();
  readonly #running = new Map<string, Running>();
  readonly #stop = new AbortController();

  constructor(parts: PredictorParts, models: Iterable<Served>) {
    this.#parts = parts;
    for (const served of models) this.#lanes.set(served.model.name, this.#lane(served));
  }

  /**
   * Does one job, to the written result.
   * @param lastTry whether a fault that can pass is final
   * @throws what went wrong, when the queue should try again
   */
  async predict(model: string, job: PredictionJob, lastTry: boolean): Promise<void> {
    const lane = this.#lanes.get(model);
    if (!lane) throw new Error(`this worker does not serve the model "${model}"`);
    const running: Running = { job, stopped: false };
    this.#running.set(job.id, running);
    lane.coming++;
    try {
      await this.#claimAndAnswer(lane, running, lastTry);
    } finally {
      this.#running.delete(job.id);
    }
  }

  /** Drops a prediction at its next step, if it runs here. */
  drop(id: string): void {
    const running = this.#running.get(id);
    if (running) running.stopped = true;
  }

  /** How many predictions run here. */
  get size(): number {
    return this.#running.size;
  }

  /** Says that nobody died on what still runs, before the process leaves it behind. */
  async abandon(): Promise<void> {
    this.#stop.abort();
    await this.#parts.store.release([...this.#running.keys()]);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.batcher.close()));
  }

  async #claimAndAnswer(lane: Lane, running: Running, lastTry: boolean): Promise<void> {
    const { store, quarantine, worker, log } = this.#parts;
    const { job } = running;
    let onItsWay = true;
    const arrived = () => {
      if (onItsWay) lane.coming--;
      onItsWay = false;
      lane.batcher.poke();
    };
    try {
      const claim = await persist(() => store.claim(job.id, worker), this.#stop.signal, log);
      if (!claim.claimed) return;
      if (claim.deaths > 0) arrived(); // it takes another way
      const answered =
        claim.deaths > 0
          ? await quarantine.predict(lane.model, job)
          : await this.#answer(lane, running, arrived);
      if (answered === 'dropped') return;
      await this.#write(lane, job, answered);
    } catch (error) {
      await this.#failed(lane, job, error as Error, lastTry);
    } finally {
      arrived();
    }
  }

  async #answer(lane: Lane, running: Running, arrived: () => void): Promise<Answered | 'dropped'> {
    try {
      return await this.#decodeAndInfer(lane, running, (item) => {
        const inferred = lane.batcher.add(item);
        arrived();
        return inferred;
      });
    } catch (error) {
      if (!(error instanceof BatchFailed)) throw error;
      // The pixels went with the batch, so the picture is decoded again.
      return await this.#decodeAndInfer(
        lane,
        running,
        async (item) => (await this.#infer(lane.model, [item]))[0] as Inferred,
      );
    }
  }

  async #decodeAndInfer(
    { report }: Lane,
    running: Running,
    infer: (item: BatchItem) => Promise<Inferred>,
  ): Promise<Answered | 'dropped'> {
    const { job } = running;
    if (running.stopped) return 'dropped';
    const { reader, storage } = this.#parts;
    const prepared = await reader.prepare(storage.path(job.sha256), report.input);
    const { decodeMs } = prepared;
    if (!prepared.ok) return withoutInference(prepared.error, decodeMs);
    const input = { ...prepared.picture, parameters: job.parameters };
    const inferred = await infer({ running, input, since: performance.now() });
    return inferred === 'dropped' ? 'dropped' : { ...inferred, decodeMs };
  }

  #lane(served: Served): Lane {
    const { model, report } = served;
    const lane: Lane = {
      ...served,
      coming: 0,
      batcher: new Batcher<BatchItem, Inferred>({
        max: report.batchLimit,
        delayMs: model.batch.delay_ms,
        parallel: this.#parts.threads,
        moreExpected: () => lane.coming > 0,
        run: (items) => this.#infer(model, items),
      }),
    };
    return lane;
  }

  async #infer(model: Model, items: BatchItem[]): Promise<Inferred[]> {
    const { pool, health } = this.#parts;
    const started = performance.now();
    const live = items.filter((item) => !item.running.stopped);
    if (live.length === 0) return items.map(() => 'dropped');
    try {
      const { outcomes, inferenceMs } = await pool.run(
        model.name,
        live.map((item) => item.input),
      );
      health.succeeded();
      const answers = new Map(live.map((item, index) => [item, outcomes[index] as Outcome]));
      return items.map((item) => {
        const outcome = answers.get(item);
        return outcome
          ? { outcome, batchMs: started - item.since, inferenceMs, batchSize: live.length }
          : 'dropped';
      });
    } catch (error) {
      if (live.length > 1) throw new BatchFailed((error as Error).message, { cause: error });
      health.failed(error as Error);
      throw error;
    }
  }

  async #write(lane: Lane, job: PredictionJob, answered: Answered): Promise<void> {
    const { store, worker, log } = this.#parts;
    const { model, report } = lane;
    const finish: Finish = {
      id: job.id,
      modelVersion: model.version,
      worker,
      device: report.device,
      ...answered,
    };
    const written = await persist(() => store.finish(finish), this.#stop.signal, log);
    if (written) await this.#filePicture(model, job, answered.outcome);
  }

  /** Does with the picture what the manifest says. The answer stands, so trouble here is reported and no more. */
  async #filePicture(model: Model, job: PredictionJob, outcome: Outcome): Promise<void> {
    const { store, storage, log } = this.#parts;
    try {
      if (model.images === 'by-class') {
        const best = outcome.status === 'succeeded' ? outcome.output.predictions[0] : undefined;
        const threshold = model.output.threshold ?? 0;
        const folder = best && best.confidence >= threshold ? best.class_name : 'not-confident';
        await storage.linkByClass(job.sha256, model.name, folder, job.id);
      } else if (model.images === 'delete') {
        await storage.removeUnlessUsed(job.sha256, () =>
          store.needsImage(job.sha256, this.#deletingModels()),
        );
      }
    } catch (error) {
      log.error(
        { error, prediction: job.id, images: model.images },
        'the picture could not be filed as its manifest says',
      );
    }
  }

  #deletingModels(): string[] {
    return [...this.#lanes.values()]
      .filter(({ model }) => model.images === 'delete')
      .map(({ model }) => model.name);
  }

  async #failed(lane: Lane, job: PredictionJob, error: Error, lastTry: boolean): Promise<void> {
    const { store, log } = this.#parts;
    log.error({ error, prediction: job.id, model: lane.model.name, lastTry }, 'a prediction failed');
    if (!lastTry) {
      await persist(() => store.release([job.id]), this.#stop.signal, log);
      throw error;
    }
    const message = `The model "${lane.model.name}" could not be run: ${error.message}. Try again later, or tell whoever runs this server.`;
    await this.#write(lane, job, withoutInference({ code: CODES.engineNotReady, message }));
  }
}
