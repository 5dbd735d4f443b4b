/** Whether the predictions of each model are taken and accepted. Changes are told on MODELS_CHANNEL, as those of versions are. */
import type { QueueState } from '../contracts/model-queue.js';
import type { Database } from './database.js';
import { TELL } from './model-changes.js';

const SET = `
  UPDATE models SET queue = $2 WHERE name = $1 RETURNING name, ${TELL}`;
const STATES = `SELECT name, queue AS state FROM models WHERE queue <> 'running'`;

export class ModelQueueStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns whether there is such a model */
  async set(model: string, state: QueueState): Promise<boolean> {
    return (await this.#database.run('model_queue_set', SET, [model, state])).length > 0;
  }

  /** Models whose queues do not run, by name. */
  async states(): Promise<Map<string, QueueState>> {
    const rows = await this.#database.run<{ name: string; state: QueueState }>(
      'model_queue_states',
      STATES,
      [],
    );
    return new Map(rows.map(({ name, state }) => [name, state]));
  }
}
