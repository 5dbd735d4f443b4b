/** The tables of data sets: their names, and how many items of which class they hold. Items are in dataset-items.ts. */
import type { ClassCount, Skipped } from '../contracts/dataset.js';
import type { Database } from './database.js';

export interface Dataset {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly items: number;
  readonly createdAt: Date;
  readonly changedAt: Date;
}

export interface DatasetImport {
  readonly id: string;
  readonly datasetId: string;
  readonly state: 'running' | 'succeeded' | 'failed';
  readonly added: number;
  readonly repeated: number;
  readonly skipped: number;
  readonly report: readonly Skipped[];
  readonly error: string | null;
  readonly createdAt: Date;
}

/** How an import stands. */
export type ImportProgress = Pick<
  DatasetImport,
  'state' | 'added' | 'repeated' | 'skipped' | 'report' | 'error'
>;

const DATASET = `d.id, d.name, d.description, d.created_at AS "createdAt", d.changed_at AS "changedAt",
  (SELECT count(*)::int FROM dataset_items i WHERE i.dataset_id = d.id) AS items`;
const IMPORT = `id, dataset_id AS "datasetId", state, added, repeated, skipped, report, error, created_at AS "createdAt"`;
const CREATE = `
  INSERT INTO datasets AS d (id, name, description, created_by) VALUES ($1, $2, $3, $4)
  ON CONFLICT DO NOTHING RETURNING ${DATASET}`;
const CHANGE = `
  UPDATE datasets AS d SET name = coalesce($2, name), description = coalesce($3, description), changed_at = clock_timestamp()
  WHERE id = $1 RETURNING ${DATASET}`;
const LIST = `
  SELECT ${DATASET} FROM datasets d WHERE ($1::text IS NULL OR d.id < $1) ORDER BY d.id DESC LIMIT $2`;
const CLASSES = `
  SELECT dataset_id AS "datasetId", class, count(*)::int AS items, (count(*) FILTER (WHERE split = 'train'))::int AS train,
    (count(*) FILTER (WHERE split = 'validation'))::int AS validation, (count(*) FILTER (WHERE split = 'test'))::int AS test
  FROM dataset_items WHERE dataset_id = ANY($1::text[]) GROUP BY dataset_id, class ORDER BY class NULLS LAST`;
/** Its images go with the next sweep of stored files, unless something else needs them. */
const REMOVE = 'DELETE FROM datasets WHERE id = $1 RETURNING id';
const START_IMPORT = `INSERT INTO dataset_imports (id, dataset_id) VALUES ($1, $2) RETURNING ${IMPORT}`;
const RECORD_IMPORT = `
  UPDATE dataset_imports SET state = $2, added = $3, repeated = $4, skipped = $5, report = $6::jsonb, error = $7,
    touched_at = clock_timestamp()
  WHERE id = $1`;
const TOUCH_IMPORTS = `
  UPDATE dataset_imports SET touched_at = clock_timestamp() WHERE id = ANY($1::text[]) AND state = 'running'`;
const FAIL_ABANDONED = `
  UPDATE dataset_imports SET state = 'failed', error = 'The server stopped while it read the zip. Send it again: what is there already is not added twice.'
  WHERE state = 'running' AND touched_at NOT BETWEEN clock_timestamp() - $1 * interval '1 second' AND clock_timestamp() + interval '1 minute'
  RETURNING id`;

/** SQLSTATE of a row whose unique value is taken. */
const TAKEN = '23505';

export class DatasetStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns null when the name is taken */
  async create(
    id: string,
    name: string,
    description: string,
    createdBy: string | null,
  ): Promise<Dataset | null> {
    const [row] = await this.#database.query<Dataset>(CREATE, [id, name, description, createdBy]);
    return row ?? null;
  }

  /** @returns null when there is none; "taken" when another has the name */
  async change(
    id: string,
    name: string | null,
    description: string | null,
  ): Promise<Dataset | null | 'taken'> {
    try {
      const [row] = await this.#database.query<Dataset>(CHANGE, [id, name, description]);
      return row ?? null;
    } catch (error) {
      if ((error as { code?: string }).code === TAKEN) return 'taken';
      throw error;
    }
  }

  async get(id: string): Promise<Dataset | null> {
    const [row] = await this.#database.query<Dataset>(`SELECT ${DATASET} FROM datasets d WHERE d.id = $1`, [
      id,
    ]);
    return row ?? null;
  }

  /** Newest first. @param after the id of the last one of the page before */
  list(limit: number, after: string | null): Promise<Dataset[]> {
    return this.#database.query<Dataset>(LIST, [after, limit]);
  }

  /** Items by class; those without a class last. */
  async classes(id: string): Promise<ClassCount[]> {
    return (await this.classesOf([id])).get(id) ?? [];
  }

  /** The same of several data sets, in one statement. */
  async classesOf(ids: readonly string[]): Promise<Map<string, ClassCount[]>> {
    const found = new Map(ids.map((id) => [id, [] as ClassCount[]]));
    const rows = await this.#database.query<ClassCount & { datasetId: string }>(CLASSES, [ids]);
    for (const { datasetId, ...count } of rows) found.get(datasetId)?.push(count);
    return found;
  }

  /** @returns whether there was one */
  async remove(id: string): Promise<boolean> {
    return (await this.#database.query(REMOVE, [id])).length > 0;
  }

  async startImport(id: string, datasetId: string): Promise<DatasetImport> {
    const [row] = await this.#database.query<DatasetImport>(START_IMPORT, [id, datasetId]);
    return row as DatasetImport; // the insert returns its row
  }

  /** Writes how an import stands, which also says that its process lives. */
  async recordImport(id: string, progress: ImportProgress): Promise<void> {
    const { state, added, repeated, skipped, report, error } = progress;
    await this.#database.query(RECORD_IMPORT, [
      id,
      state,
      added,
      repeated,
      skipped,
      JSON.stringify(report),
      error,
    ]);
  }

  /** Says that imports are still worked on, or waited for. */
  async touchImports(ids: readonly string[]): Promise<void> {
    await this.#database.query(TOUCH_IMPORTS, [ids]);
  }

  async getImport(datasetId: string, id: string): Promise<DatasetImport | null> {
    const text = `SELECT ${IMPORT} FROM dataset_imports WHERE id = $1 AND dataset_id = $2`;
    const [row] = await this.#database.query<DatasetImport>(text, [id, datasetId]);
    return row ?? null;
  }

  /** Ends imports that nobody has worked on for so long. @returns how many */
  async failAbandonedImports(forS: number): Promise<number> {
    return (await this.#database.query(FAIL_ABANDONED, [forS])).length;
  }
}
