/** The workers table: who lives, what it serves, on what. Seconds and ages are by the database's clock. */
import type { WorkerModel } from '../contracts/model.js';
import { versionKey } from '../contracts/version.js';
import type { Config } from '../runtime/config.js';
import type { Database } from './database.js';

/** How often a worker says that it lives; one not heard of for three times as long counts as gone. */
export const BEAT_MS = 3000;
const GONE_AFTER_S = (3 * BEAT_MS) / 1000;
const FORGET_AFTER_S = 3600;

export interface WorkerBeat {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  /** What it does; unset: everything. */
  readonly roles?: Config['WORKER_ROLES'];
  /** The training that runs there. */
  readonly training?: string | null;
  readonly models: readonly WorkerModel[];
  /** Versions that could not be loaded, with a sentence. */
  readonly problems: readonly {
    readonly name: string;
    readonly version?: string;
    readonly message: string;
  }[];
  /** Why it cannot take jobs, in a sentence; null: it can. */
  readonly queueProblem: string | null;
}

export interface LiveWorker extends WorkerBeat {
  readonly roles: Config['WORKER_ROLES'];
  readonly training: string | null;
  readonly startedAt: Date;
  readonly seenAt: Date;
}

// A model's time is written once per beat of one worker, however many serve it. Models are taken in the order of their
// names, so that two workers cannot deadlock.
const BEAT = `
  WITH served AS (
    INSERT INTO served_models AS s (name) SELECT DISTINCT name FROM unnest($7::text[]) AS name ORDER BY name
    ON CONFLICT (name) DO UPDATE SET served_at = now()
      WHERE s.served_at NOT BETWEEN now() - $8 * interval '1 second' AND now()
  )
  INSERT INTO workers (id, host, pid, models, problems, queue_problem, roles, training)
  VALUES ($1, $2, $3, $4::json, $5::json, $6, $9, $10)
  ON CONFLICT (id) DO UPDATE SET host = $2, pid = $3, models = $4::json, problems = $5::json, queue_problem = $6,
    roles = $9, training = $10, seen_at = now()`;
// A time in the future is no sign of life: the clock was set back since.
const LIVE = `
  SELECT id, host, pid, models, problems, queue_problem AS "queueProblem", roles, training,
         started_at AS "startedAt", seen_at AS "seenAt"
  FROM workers
  WHERE ($2::text IS NULL OR $2 = ANY (roles))
    AND seen_at BETWEEN now() - $1 * interval '1 second' AND now() + $1 * interval '1 second' ORDER BY id`;
const SERVED = `
  SELECT name, extract(epoch FROM now() - served_at)::float8 AS "agoS" FROM served_models WHERE served_at <= now()`;
const REMOVE = `DELETE FROM workers WHERE id = $1 OR seen_at < now() - $2 * interval '1 second'`;

export class WorkerStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Says that a worker lives. */
  async beat(worker: WorkerBeat): Promise<void> {
    const values = [
      worker.id,
      worker.host,
      worker.pid,
      JSON.stringify(worker.models),
      JSON.stringify(worker.problems),
      worker.queueProblem,
      worker.models.map(({ name, version }) => versionKey(name, version)),
      BEAT_MS / 1000,
      worker.roles ?? ['predict', 'train'],
      worker.training ?? null,
    ];
    await this.#database.run('worker_beat', BEAT, values);
  }

  /** Workers that predict, heard of lately. */
  live(): Promise<LiveWorker[]> {
    return this.#database.run<LiveWorker>('worker_live', LIVE, [GONE_AFTER_S, 'predict']);
  }

  /** Workers heard of lately, also those that only train. */
  liveOfAnyRole(): Promise<LiveWorker[]> {
    return this.#database.run<LiveWorker>('worker_live', LIVE, [GONE_AFTER_S, null]);
  }

  /** How long ago each version (`name@version`) was last served by any worker, seconds. */
  async servedAgo(): Promise<Map<string, number>> {
    const rows = await this.#database.run<{ name: string; agoS: number }>('worker_served', SERVED, []);
    return new Map(rows.map(({ name, agoS }) => [name, agoS]));
  }

  /** Says goodbye, and forgets those gone for long. */
  async remove(id: string): Promise<void> {
    await this.#database.run('worker_remove', REMOVE, [id, FORGET_AFTER_S]);
  }
}
