/**
 * The predictions table. Single calls gather into batches here: while one statement runs, the next calls collect
 * and go out together, so an idle system adds no delay and a busy one pays for few statements.
 *
 * Every change of status is told with NOTIFY by the very statement that makes it; see changes.ts for who listens.
 */

import { toPlainText } from '../contracts/plain-text.js';
import { CODES, type Code, type ImageInfo, type Outcome, type Parameters } from '../contracts/prediction.js';
import { Batcher } from '../runtime/batcher.js';
import { type Database, isPassing } from './database.js';
import {
  type ListFilter,
  listStatement,
  type Page,
  type UnsureFilter,
  unsureStatement,
} from './prediction-list.js';
import { type Prediction, type PredictionRow, toPrediction } from './prediction-row.js';
import {
  CLAIM,
  COUNT_UNFINISHED,
  DELETE,
  END_EARLY,
  FINISH,
  GET,
  INSERT,
  INSERT_WITH_WEBHOOKS,
  RELEASE,
} from './prediction-statements.js';

export type { ListFilter, Page } from './prediction-list.js';
export type { Prediction } from './prediction-row.js';

export interface NewPrediction {
  readonly id: string;
  readonly model: string;
  readonly modelVersion: string;
  /** The label through which the version was chosen; null: it was asked for by its own name. */
  readonly modelLabel?: string | null;
  readonly task: string;
  readonly engine: string;
  readonly parameters: Parameters;
  readonly image: ImageInfo;
  /** Seconds from now, by the database's clock, after which an answer is of no use; null: never. */
  readonly expiresInS: number | null;
  /** Whom to tell of the end. Written with the row, so that the promise to tell is as safe as the one to answer. */
  readonly webhook?: { readonly url: string; readonly baseUrl: string } | null;
}

/** The times of a new row, by the database's clock. */
export interface Created {
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
}

/** What a worker found out about one prediction. Times are milliseconds. */
export interface Finish {
  readonly id: string;
  readonly outcome: Outcome;
  readonly modelVersion: string;
  readonly worker: string;
  /** What ran it, where that was not known when it was accepted. */
  readonly engine?: string;
  readonly device: string;
  readonly decodeMs: number;
  readonly batchMs: number;
  readonly inferenceMs: number;
  readonly batchSize: number;
}

/**
 * The answer to a claim: go on, or drop the job because its prediction has ended, expired or gone.
 * `deaths` counts earlier claims of which nothing was heard again.
 */
export type Claim = { readonly claimed: true; readonly deaths: number } | { readonly claimed: false };

/** NOTIFY carries under 8,000 bytes: 80 ids of 64 characters with their status stay below it. */
const MAX_BATCH = 80;
/** A statement does all of its rows or none: of one that is refused for what is in it, each row is tried by itself. */
const failsAlone = (error: unknown) => !isPassing(error);
/** One at a time: what comes while a statement waits for the disk goes out together, in the next one. */
const WRITES = { max: MAX_BATCH, delayMs: 0, parallel: 1, failsAlone } as const;
const READS = { max: MAX_BATCH, delayMs: 0, parallel: 2, failsAlone } as const;

function column<T, V>(items: readonly T[], pick: (item: T) => V): V[] {
  return items.map(pick);
}

/** The class that a finished prediction is found by: its most confident one. */
function topClass(outcome: Outcome): string | null {
  if (outcome.status !== 'succeeded') return null;
  return outcome.output.predictions[0]?.class_name ?? null;
}

export class PredictionStore {
  readonly #database: Database;
  readonly #inserts: Batcher<NewPrediction, Created | null>;
  readonly #reads: Batcher<string, Prediction | null>;
  readonly #claims: Batcher<{ id: string; worker: string }, Claim>;
  readonly #finishes: Batcher<Finish, boolean>;

  constructor(database: Database) {
    this.#database = database;
    this.#inserts = new Batcher({ ...WRITES, run: (items) => this.#insertAll(items) });
    this.#reads = new Batcher({ ...READS, run: (ids) => this.#getAll(ids) });
    this.#claims = new Batcher({ ...WRITES, run: (items) => this.#claimAll(items) });
    this.#finishes = new Batcher({ ...WRITES, run: (items) => this.#finishAll(items) });
  }

  /** Commits a new row, status queued. Null: the id is taken, and nothing was written. */
  create(prediction: NewPrediction): Promise<Created | null> {
    return this.#inserts.add(prediction);
  }

  /** One prediction, or null when there is none with this id. */
  get(id: string): Promise<Prediction | null> {
    return this.#reads.add(id);
  }

  /** Marks a prediction as being worked on, unless there is nothing left to do. */
  claim(id: string, worker: string): Promise<Claim> {
    return this.#claims.add({ id, worker });
  }

  /** Takes claims back without a result, before their jobs are tried again: nobody died on them. */
  async release(ids: readonly string[]): Promise<void> {
    await this.#database.run('prediction_release', RELEASE, [ids]);
  }

  /** Writes a result, once. False: the prediction had ended before (canceled, expired, answered by another worker). */
  finish(result: Finish): Promise<boolean> {
    return this.#finishes.add(result);
  }

  /**
   * Ends predictions without a worker's result. @returns the ids that had not ended before
   * @param sentence what happened and what to do
   */
  async end(
    ids: readonly string[],
    ended: 'failed' | 'canceled' | 'expired',
    code: Code,
    sentence: string,
  ): Promise<string[]> {
    const written: string[] = [];
    for (let start = 0; start < ids.length; start += MAX_BATCH) {
      const some = ids.slice(start, start + MAX_BATCH);
      const rows = await this.#database.run<{ id: string }>('prediction_end', END_EARLY, [
        some,
        ended,
        code,
        toPlainText(sentence),
      ]);
      written.push(...rows.map((row) => row.id));
    }
    return written;
  }

  /** Cancels a prediction unless it has ended. @returns it as it is then, or null when unknown */
  async cancel(id: string): Promise<Prediction | null> {
    await this.end([id], 'canceled', CODES.general, 'The prediction was canceled.');
    return this.get(id);
  }

  /** Predictions, newest first, by keyset: the thousandth page costs what the first does. */
  async list(filter: ListFilter): Promise<Page> {
    const { text, values } = listStatement(filter);
    const rows = await this.#database.query<PredictionRow & { created_text: string }>(text, values);
    const items = rows.slice(0, filter.limit);
    const last = items.at(-1);
    const next = rows.length > filter.limit && last ? { createdAt: last.created_text, id: last.id } : null;
    return { items: items.map(toPrediction), next };
  }

  /** What a model is least sure of, the least first; each image once. */
  async unsure(filter: UnsureFilter): Promise<Prediction[]> {
    const { text, values } = unsureStatement(filter);
    return (await this.#database.query<PredictionRow>(text, values)).map(toPrediction);
  }

  /** Removes a row; the maintenance removes its files. @returns whether there was one */
  async delete(id: string): Promise<boolean> {
    const rows = await this.#database.run<{ id: string }>('prediction_delete', DELETE, [id]);
    return rows.length > 0;
  }

  /** Unfinished predictions by model. */
  async countUnfinished(): Promise<Map<string, number>> {
    const rows = await this.#database.run<{ model: string; count: number }>(
      'count_unfinished',
      COUNT_UNFINISHED,
      [],
    );
    return new Map(rows.map((row) => [row.model, row.count]));
  }

  /** Lets what was asked finish. */
  async close(): Promise<void> {
    await Promise.all([
      this.#inserts.close(),
      this.#reads.close(),
      this.#claims.close(),
      this.#finishes.close(),
    ]);
  }

  async #insertAll(items: NewPrediction[]): Promise<(Created | null)[]> {
    const values = [
      column(items, (item) => item.id),
      column(items, (item) => item.model),
      column(items, (item) => item.modelVersion),
      column(items, (item) => item.task),
      column(items, (item) => item.engine),
      column(items, (item) => JSON.stringify(item.parameters)),
      column(items, (item) => item.image.sha256),
      column(items, (item) => item.image.format),
      column(items, (item) => item.image.width),
      column(items, (item) => item.image.height),
      column(items, (item) => item.image.bytes),
      column(items, (item) => item.expiresInS),
      column(items, (item) => item.modelLabel ?? null),
    ];
    const webhooks = [
      column(items, (item) => item.webhook?.url ?? null),
      column(items, (item) => item.webhook?.baseUrl ?? null),
    ];
    type Row = Created & { id: string };
    const rows = items.some((item) => item.webhook)
      ? await this.#database.run<Row>('prediction_insert_webhooks', INSERT_WITH_WEBHOOKS, [
          ...values,
          ...webhooks,
        ])
      : await this.#database.run<Row>('prediction_insert', INSERT, values);
    const created = new Map(rows.map((row) => [row.id, row]));
    return items.map(({ id }) => {
      const row = created.get(id) ?? null;
      created.delete(id); // the same id twice in one batch: the first wins
      return row;
    });
  }

  async #getAll(ids: string[]): Promise<(Prediction | null)[]> {
    const rows = await this.#database.run<PredictionRow>('prediction_get', GET, [ids]);
    const found = new Map(rows.map((row) => [row.id, toPrediction(row)]));
    return ids.map((id) => found.get(id) ?? null);
  }

  async #claimAll(items: { id: string; worker: string }[]): Promise<Claim[]> {
    const worker = items[0]?.worker ?? '';
    const ids = items.map((item) => item.id);
    const rows = await this.#database.run<{ id: string; claims: number }>('prediction_claim', CLAIM, [
      ids,
      worker,
    ]);
    const claims = new Map(rows.map((row) => [row.id, row.claims]));
    return ids.map((id) => {
      const count = claims.get(id);
      return count === undefined ? { claimed: false } : { claimed: true, deaths: count - 1 };
    });
  }

  async #finishAll(items: Finish[]): Promise<boolean[]> {
    const rows = await this.#database.run<{ id: string }>('prediction_finish', FINISH, [
      column(items, (item) => item.id),
      column(items, (item) => item.outcome.status),
      column(items, ({ outcome }) => (outcome.status === 'succeeded' ? CODES.done : outcome.error.code)),
      column(items, ({ outcome }) =>
        outcome.status === 'succeeded' ? JSON.stringify(outcome.output) : null,
      ),
      column(items, ({ outcome }) =>
        outcome.status === 'failed' ? toPlainText(outcome.error.message) : null,
      ),
      column(items, (item) => topClass(item.outcome)),
      column(items, (item) => item.modelVersion),
      column(items, (item) => item.worker),
      column(items, (item) => item.device),
      column(items, (item) => item.decodeMs),
      column(items, (item) => item.batchMs),
      column(items, (item) => item.inferenceMs),
      column(items, (item) => item.batchSize),
      column(items, (item) => item.engine ?? null),
    ]);
    const written = new Set(rows.map((row) => row.id));
    return items.map((item) => written.delete(item.id));
  }
}
