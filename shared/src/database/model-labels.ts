/** Changes of the labels that point to versions. Two changes of one model happen one after the other. */
import { MOST_SHARES, STABLE } from '../contracts/version.js';
import type { Database, Query } from './database.js';
import { lockModel, TELL, told } from './model-changes.js';
import { LABEL_COLUMNS } from './model-version-statements.js';
import type { StoredLabel } from './model-versions.js';

/** What became of a wish to point a label at a version. */
export type LabelChange =
  | { readonly changed: StoredLabel }
  /** There is no such version that is ready. */
  | { readonly refused: 'not-ready' }
  /** A version has this name, so that `name@label` would have two meanings. */
  | { readonly refused: 'is-version' }
  /** Others have so much of the traffic that this share does not fit. */
  | { readonly refused: 'too-much'; readonly taken: number };

/** Only a version that is ready can be asked for, so only such a one gets a label. */
const SET = `
  INSERT INTO model_labels (name, label, version, weight)
  SELECT name, $2, version, $4 FROM model_versions WHERE name = $1 AND version = $3 AND state = 'ready'
  ON CONFLICT (name, label) DO UPDATE SET
    previous = CASE WHEN model_labels.version = excluded.version THEN model_labels.previous ELSE model_labels.version END,
    version = excluded.version, weight = excluded.weight, changed_at = clock_timestamp()
  RETURNING ${LABEL_COLUMNS}, ${TELL}`;
/** What a label's share and name have to fit beside. */
const OTHERS = `
  SELECT (SELECT coalesce(sum(weight), 0) FROM model_labels WHERE name = $1 AND label NOT IN ($2, '${STABLE}')) AS taken,
    EXISTS (SELECT 1 FROM model_versions WHERE name = $1 AND version = $2) AS "isVersion"`;

/** Back to what the label pointed to before; asked twice, it is where it was. */
const ROLL_BACK = `
  UPDATE model_labels SET version = previous, previous = version, changed_at = clock_timestamp()
  WHERE name = $1 AND label = $2 AND EXISTS (SELECT 1 FROM model_versions v
    WHERE v.name = model_labels.name AND v.version = model_labels.previous AND v.state = 'ready')
  RETURNING ${LABEL_COLUMNS}, ${TELL}`;

const GET = `SELECT ${LABEL_COLUMNS} FROM model_labels WHERE name = $1 AND label = $2`;
const REMOVE = `DELETE FROM model_labels WHERE name = $1 AND label = $2 RETURNING ${LABEL_COLUMNS}, ${TELL}`;

export class ModelLabelStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Points a label at a ready version.
   * @param weight percent of the traffic of the bare name; of no effect on `stable`
   */
  set(name: string, label: string, version: string, weight: number): Promise<LabelChange> {
    return this.#changing(name, (query) => set(query, name, label, version, weight));
  }

  /** Makes a label's version the stable one, and ends the label. @returns null when there is no such label */
  promote(name: string, label: string): Promise<LabelChange | null> {
    return this.#changing(name, async (query) => {
      const [found] = await query<StoredLabel>(GET, [name, label]);
      if (!found) return null;
      const change = await set(query, name, STABLE, found.version, 0);
      if ('changed' in change && label !== STABLE) await query(REMOVE, [name, label]);
      return change;
    });
  }

  /** Points a label at what it pointed to before. @returns null when there is nothing to go back to */
  rollBack(name: string, label: string): Promise<StoredLabel | null> {
    return this.#changing(name, async (query) => told(await query<StoredLabel>(ROLL_BACK, [name, label])));
  }

  /** @returns null when there was no such label */
  remove(name: string, label: string): Promise<StoredLabel | null> {
    return this.#changing(name, async (query) => told(await query<StoredLabel>(REMOVE, [name, label])));
  }

  #changing<T>(name: string, change: (query: Query) => Promise<T>): Promise<T> {
    return this.#database.transaction(async (query) => {
      await lockModel(query, name);
      return change(query);
    });
  }
}

async function set(
  query: Query,
  name: string,
  label: string,
  version: string,
  weight: number,
): Promise<LabelChange> {
  const [others] = await query<{ taken: number; isVersion: boolean }>(OTHERS, [name, label]);
  const { taken, isVersion } = others ?? { taken: 0, isVersion: false };
  if (isVersion) return { refused: 'is-version' };
  const share = label === STABLE ? 0 : weight;
  if (taken + share > MOST_SHARES) return { refused: 'too-much', taken };
  const changed = told(await query<StoredLabel>(SET, [name, label, version, share]));
  return changed ? { changed } : { refused: 'not-ready' };
}
