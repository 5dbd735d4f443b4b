/** The workers table: who lives, what it serves, on what. Seconds and ages are by the database's clock. */
import { z } from 'zod';
import type { Database } from './database.js';

/** How often a worker says that it lives; one not heard of for three times as long counts as gone. */
export const BEAT_MS = 3000;
const GONE_AFTER_S = (3 * BEAT_MS) / 1000;
const FORGET_AFTER_S = 3600;

export const servedModelSchema = z
  .object({
    name: z.string(),
    version: z.string(),
    device: z.string(),
    runtime: z.string().describe('Library and backend that really run it.'),
  })
  .meta({ id: 'ServedModel' });
export type ServedModel = z.infer<typeof servedModelSchema>;

export interface WorkerBeat {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly models: readonly ServedModel[];
  /** Models that could not be loaded, by name, with a sentence. */
  readonly problems: readonly { readonly name: string; readonly message: string }[];
}

export interface LiveWorker extends WorkerBeat {
  readonly startedAt: Date;
  readonly seenAt: Date;
}

const BEAT = `
  INSERT INTO workers (id, host, pid, models, problems) VALUES ($1, $2, $3, $4::json, $5::json)
  ON CONFLICT (id) DO UPDATE SET host = $2, pid = $3, models = $4::json, problems = $5::json, seen_at = now()`;
const LIVE = `
  SELECT id, host, pid, models, problems, started_at AS "startedAt", seen_at AS "seenAt" FROM workers
  WHERE seen_at > now() - $1 * interval '1 second' ORDER BY id`;
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
    ];
    await this.#database.run('worker_beat', BEAT, values);
  }

  /** Workers heard of lately. */
  live(): Promise<LiveWorker[]> {
    return this.#database.run<LiveWorker>('worker_live', LIVE, [GONE_AFTER_S]);
  }

  /** Says goodbye, and forgets those gone for long. */
  async remove(id: string): Promise<void> {
    await this.#database.run('worker_remove', REMOVE, [id, FORGET_AFTER_S]);
  }
}
