/**
 * The table of trainings. A training belongs to whoever started it last: every start has a number (`attempts`), and only
 * its holder may write. Every change is told on TRAININGS_CHANNEL as "id state".
 */
import type {
  CurvePoint,
  Method,
  TrainingMetrics,
  TrainingProgress,
  TrainingSettings,
  TrainingState,
} from '../contracts/training.js';
import type { Database } from './database.js';

export const TRAININGS_CHANNEL = 'scry_trainings';
/** A training that nobody has said a word of for this long is nobody's, seconds. */
export const TRAINING_LEASE_S = 20;

/** The settings as stored: with the label that the result gets. */
export type StoredSettings = TrainingSettings & { readonly label: string | null };

export interface Training {
  readonly id: string;
  readonly datasetId: string;
  readonly datasetName: string;
  readonly datasetHash: string | null;
  readonly name: string;
  readonly method: Method;
  readonly settings: StoredSettings;
  readonly state: TrainingState;
  readonly cancel: 'keep' | 'discard' | null;
  readonly progress: TrainingProgress;
  readonly curve: readonly CurvePoint[];
  readonly log: readonly string[];
  readonly error: string | null;
  readonly modelVersion: string | null;
  readonly metrics: TrainingMetrics | null;
  readonly items: string | null;
  readonly checkpoint: string | null;
  readonly attempts: number;
  readonly deaths: number;
  readonly createdAt: Date;
  readonly createdBy: string | null;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

export type NewTraining = Pick<
  Training,
  'id' | 'datasetId' | 'datasetName' | 'name' | 'method' | 'settings' | 'createdBy'
>;

/** One start of a training. */
export type Lease = Pick<Training, 'id' | 'attempts'>;

/** How far a start has come; what is left out stays. */
export interface TrainingUpdate {
  readonly state?: 'preparing' | 'training';
  readonly progress?: TrainingProgress;
  readonly curve?: readonly CurvePoint[];
  readonly log?: readonly string[];
  readonly datasetHash?: string;
  readonly items?: string;
  readonly checkpoint?: string;
}

/** What a result answered to a validation image. */
export interface TrainingAnswer {
  readonly item: string;
  readonly class: string;
  readonly answered: string;
  readonly confidence: number;
}

export type TrainingEnd =
  | {
      readonly state: 'succeeded' | 'canceled';
      readonly version: string;
      readonly metrics: TrainingMetrics;
      readonly answers: readonly TrainingAnswer[];
    }
  | { readonly state: 'canceled' }
  | { readonly state: 'failed'; readonly error: string };

const COLUMNS = `id, dataset_id AS "datasetId", dataset_name AS "datasetName", dataset_hash AS "datasetHash", name, method,
  settings, state, cancel, progress, curve, log, error, model_version AS "modelVersion", metrics, items, checkpoint,
  attempts, deaths, created_at AS "createdAt", created_by AS "createdBy", started_at AS "startedAt", ended_at AS "endedAt"`;
const TELL = `pg_notify('${TRAININGS_CHANNEL}', id || ' ' || state)`;
const RUNNING = `state IN ('preparing', 'training')`;
const ABANDONED = `touched_at NOT BETWEEN clock_timestamp() - ${TRAINING_LEASE_S} * interval '1 second'
  AND clock_timestamp() + interval '1 minute'`;

const CREATE = `
  INSERT INTO trainings (id, dataset_id, dataset_name, name, method, settings, created_by)
  VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7) RETURNING ${COLUMNS}, ${TELL}`;
/** Anyone may start what is queued; what somebody runs, only once that somebody is not heard of any more. */
const CLAIM = `
  UPDATE trainings SET state = 'preparing', worker = $2, attempts = attempts + 1,
    deaths = deaths + CASE WHEN ${RUNNING} THEN 1 ELSE 0 END,
    started_at = coalesce(started_at, clock_timestamp()), touched_at = clock_timestamp()
  WHERE id = $1 AND (state = 'queued' OR ${RUNNING} AND ${ABANDONED})
  RETURNING ${COLUMNS}, ${TELL}`;
const UPDATE = `
  UPDATE trainings SET state = coalesce($3, state), progress = coalesce($4::jsonb, progress),
    curve = coalesce($5::jsonb, curve), log = coalesce($6::jsonb, log), dataset_hash = coalesce($7, dataset_hash),
    items = coalesce($8, items), checkpoint = coalesce($9, checkpoint), touched_at = clock_timestamp()
  WHERE id = $1 AND attempts = $2 AND ${RUNNING} RETURNING cancel, ${TELL}`;
/** Says that it is worked on, and tells nobody. */
const TOUCH = `
  UPDATE trainings SET touched_at = clock_timestamp() WHERE id = $1 AND attempts = $2 AND ${RUNNING} RETURNING cancel`;
/** The end and the answers are one statement: nobody sees one without the other. */
const END = `
  WITH ended AS (
    UPDATE trainings SET state = $3, error = $4, model_version = $5, metrics = $6::jsonb, checkpoint = NULL, items = NULL,
      ended_at = clock_timestamp()
    WHERE id = $1 AND attempts = $2 AND ${RUNNING} RETURNING id, state
  ), answered AS (
    INSERT INTO training_answers (training_id, item_id, class, answered, confidence)
    SELECT ended.id, a.item, a.class, a.answered, a.confidence
    FROM ended, jsonb_to_recordset($7::jsonb) AS a (item text, class text, answered text, confidence real)
  )
  SELECT ${TELL} FROM ended`;
const RELEASE = `
  UPDATE trainings SET state = 'queued', touched_at = clock_timestamp()
  WHERE id = $1 AND attempts = $2 AND ${RUNNING} RETURNING ${TELL}`;
const CANCEL = `
  UPDATE trainings SET cancel = $2, state = CASE WHEN state = 'queued' THEN 'canceled' ELSE state END,
    ended_at = CASE WHEN state = 'queued' THEN clock_timestamp() END
  WHERE id = $1 AND state IN ('queued', 'preparing', 'training') RETURNING ${COLUMNS}, ${TELL}`;
const LIST = `
  SELECT ${COLUMNS} FROM trainings WHERE ($2::text IS NULL OR id < $2) AND ($3::text IS NULL OR dataset_id = $3)
    AND ($4::text IS NULL OR name = $4) ORDER BY id DESC LIMIT $1`;
const UNATTENDED = `
  SELECT id FROM trainings WHERE state = 'queued' AND touched_at < clock_timestamp() - interval '5 seconds'
    OR ${RUNNING} AND ${ABANDONED} ORDER BY created_at LIMIT 100`;

const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));

export class TrainingStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create(training: NewTraining): Promise<Training> {
    const { id, datasetId, datasetName, name, method, settings, createdBy } = training;
    const values = [id, datasetId, datasetName, name, method, JSON.stringify(settings), createdBy];
    return (await this.#one(CREATE, values)) as Training; // the insert returns its row
  }

  async get(id: string): Promise<Training | null> {
    return this.#one(`SELECT ${COLUMNS} FROM trainings WHERE id = $1`, [id]);
  }

  /** Newest first. @param filter.after the id of the last one of the page before */
  list(
    limit: number,
    filter: { readonly after?: string; readonly dataset?: string; readonly model?: string },
  ): Promise<Training[]> {
    const { after = null, dataset = null, model = null } = filter;
    return this.#database.query<Training>(LIST, [limit, after, dataset, model]);
  }

  /** Starts a training. @returns null when somebody works on it, or it has ended */
  claim(id: string, worker: string): Promise<Training | null> {
    return this.#one(CLAIM, [id, worker]);
  }

  /** @returns what was asked for meanwhile, or "lost" when the training is no longer this start's */
  async update(lease: Lease, update: TrainingUpdate): Promise<Training['cancel'] | 'lost'> {
    const { state, progress, curve, log, datasetHash, items, checkpoint } = update;
    const [row] = await this.#database.query<Pick<Training, 'cancel'>>(UPDATE, [
      lease.id,
      lease.attempts,
      state ?? null,
      json(progress),
      json(curve),
      json(log),
      datasetHash ?? null,
      items ?? null,
      checkpoint ?? null,
    ]);
    return row ? row.cancel : 'lost';
  }

  /** Says that a training is worked on. @returns as `update` */
  async touch({ id, attempts }: Lease): Promise<Training['cancel'] | 'lost'> {
    const [row] = await this.#database.query<Pick<Training, 'cancel'>>(TOUCH, [id, attempts]);
    return row ? row.cancel : 'lost';
  }

  /** @returns false when it was no longer this start's */
  async end({ id, attempts }: Lease, end: TrainingEnd): Promise<boolean> {
    const error = 'error' in end ? end.error : null;
    const version = 'version' in end ? end.version : null;
    const metrics = 'metrics' in end ? JSON.stringify(end.metrics) : null;
    const answers = JSON.stringify('answers' in end ? end.answers : []);
    const values = [id, attempts, end.state, error, version, metrics, answers];
    return (await this.#database.query(END, values)).length > 0;
  }

  /** Hands a training back, to be gone on with by whoever takes it next. */
  async release({ id, attempts }: Lease): Promise<void> {
    await this.#database.query(RELEASE, [id, attempts]);
  }

  /** Ends what is queued, and asks whoever runs it to stop. @returns null when it has ended or there is none */
  cancel(id: string, keepBest: boolean): Promise<Training | null> {
    return this.#one(CANCEL, [id, keepBest ? 'keep' : 'discard']);
  }

  /** Trainings that should be worked on and are not: their jobs may be lost. */
  async unattended(): Promise<string[]> {
    return (await this.#database.query<{ id: string }>(UNATTENDED, [])).map(({ id }) => id);
  }

  async #one(text: string, values: readonly unknown[]): Promise<Training | null> {
    const [row] = await this.#database.query<Training & { pg_notify?: unknown }>(text, values);
    if (!row) return null;
    const { pg_notify: _told, ...rest } = row;
    return rest;
  }
}
