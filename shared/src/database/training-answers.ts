/** What trainings found: the answers to the validation images, and the versions of each model over time. */
import type { TrainingMetrics, TrainingState } from '../contracts/training.js';
import type { Database } from './database.js';
import type { Training, TrainingAnswer } from './trainings.js';

/** An answer, and whether its item is still in the data set. */
export interface ListedAnswer extends TrainingAnswer {
  readonly exists: boolean;
}

/** A place in the list. */
export interface AnswerPlace {
  readonly confidence: number;
  readonly item: string;
}

export interface AnswerFilter {
  readonly training: string;
  readonly class?: string | undefined;
  readonly answered?: string | undefined;
  /** True: wrong ones only; false: right ones only. */
  readonly wrong?: boolean | undefined;
  /** Highest confidence first, unless the lowest is asked for. */
  readonly unsure: boolean;
  readonly after?: AnswerPlace | undefined;
  readonly limit: number;
}

/** A training that made a version. */
export type Trained = Pick<
  Training,
  'id' | 'name' | 'method' | 'datasetId' | 'datasetName' | 'startedAt' | 'endedAt'
> & { readonly version: string; readonly metrics: TrainingMetrics };

const list = (order: 'ASC' | 'DESC') => `
  SELECT a.item_id AS item, a.class, a.answered, a.confidence::float8 AS confidence, i.id IS NOT NULL AS "exists"
  FROM training_answers a JOIN trainings t ON t.id = a.training_id
    LEFT JOIN dataset_items i ON i.id = a.item_id AND i.dataset_id = t.dataset_id
  WHERE a.training_id = $1 AND ($2::text IS NULL OR a.class = $2) AND ($3::text IS NULL OR a.answered = $3)
    AND ($4::boolean IS NULL OR (a.class <> a.answered) = $4)
    AND ($5::float8 IS NULL OR (a.confidence::float8, a.item_id) ${order === 'ASC' ? '>' : '<'} ($5::float8, $6))
  ORDER BY a.confidence ${order}, a.item_id ${order} LIMIT $7`;
const SUREST = list('DESC');
const LEAST_SURE = list('ASC');
const STATES = 'SELECT state, count(*)::int AS count FROM trainings GROUP BY state';
const TRAINED = `
  SELECT id, name, method, dataset_id AS "datasetId", dataset_name AS "datasetName", started_at AS "startedAt",
    ended_at AS "endedAt", model_version AS version, metrics
  FROM (
    SELECT *, row_number() OVER (PARTITION BY name ORDER BY id DESC) AS place FROM trainings
    WHERE model_version IS NOT NULL AND metrics IS NOT NULL AND ($1::text IS NULL OR name = $1)
  ) newest
  WHERE place <= $2 ORDER BY name, id LIMIT $3`;

export class TrainingAnswerStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** By confidence, by keyset. */
  async list(filter: AnswerFilter): Promise<{ items: readonly ListedAnswer[]; next: AnswerPlace | null }> {
    const rows = await this.#database.query<ListedAnswer>(filter.unsure ? LEAST_SURE : SUREST, [
      filter.training,
      filter.class ?? null,
      filter.answered ?? null,
      filter.wrong ?? null,
      filter.after?.confidence ?? null,
      filter.after?.item ?? null,
      filter.limit + 1,
    ]);
    const items = rows.slice(0, filter.limit);
    const last = items.at(-1);
    const more = rows.length > filter.limit && last !== undefined;
    return { items, next: more ? { confidence: last.confidence, item: last.item } : null };
  }

  /** How many trainings there are, by state; states without one are left out. */
  async states(): Promise<ReadonlyMap<TrainingState, number>> {
    const rows = await this.#database.query<{ state: TrainingState; count: number }>(STATES, []);
    return new Map(rows.map(({ state, count }) => [state, count]));
  }

  /**
   * Trainings that made versions, by model, oldest first.
   * @param perModel the newest so many of each @param most of all together
   */
  trained(model: string | null, perModel: number, most: number): Promise<Trained[]> {
    return this.#database.query<Trained>(TRAINED, [model, perModel, most]);
  }
}
