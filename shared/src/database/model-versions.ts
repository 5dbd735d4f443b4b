/**
 * The tables of models: versions and their states, and which labels point to them. Whatever changes here is told on
 * MODELS_CHANNEL with the model's name, so that API and workers look again.
 */
import type { Label, VersionFile, VersionNote, VersionSource, VersionState } from '../contracts/version.js';
import type { Database, Query } from './database.js';
import { lockFilesForKeeping, lockFilesForRemoval, lockModel, told } from './model-changes.js';
import {
  ACCEPT,
  ADD_MODEL,
  BEGIN_CHECK,
  BEGIN_UNTRIED,
  CREATE,
  FIND_SAME,
  LABEL_COLUMNS,
  LEAVE_CHECK,
  NEXT_NUMBER,
  PIN,
  REJECT,
  REMOVE,
  REMOVE_ALL,
  REMOVE_MODEL,
  RETIRE,
  UNUSED_FILES,
  USES,
  VERSION,
  WAITING,
} from './model-version-statements.js';

export interface NewVersion {
  readonly name: string;
  /** Null: the next number. */
  readonly version: string | null;
  /** SHA-256 of the manifest as given and of all files. */
  readonly id: string;
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly files: readonly VersionFile[];
  readonly source: VersionSource;
  readonly createdBy: string | null;
  /** The label it gets as soon as it is ready. */
  readonly label: { readonly label: string; readonly weight: number } | null;
  readonly metrics?: Readonly<Record<string, unknown>> | null;
}

export interface Version {
  readonly name: string;
  readonly version: string;
  readonly id: string;
  readonly state: VersionState;
  readonly reason: string | null;
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly notes: readonly VersionNote[];
  readonly files: readonly VersionFile[];
  readonly bytes: number;
  readonly source: VersionSource;
  readonly pinned: boolean;
  readonly metrics: Readonly<Record<string, unknown>> | null;
  readonly createdAt: Date;
  /** How often a check of it was begun. */
  readonly checkTries: number;
  readonly checkedAt: Date | null;
}

export interface StoredLabel extends Label {
  readonly name: string;
  readonly previous: string | null;
  readonly changedAt: Date;
}

/** What became of a wish to retire or remove a version. */
export type Ending =
  | { readonly ended: Version }
  /** There is no such version, or none that is ready. */
  | { readonly refused: 'not-found' }
  | { readonly refused: 'labelled'; readonly labels: readonly string[] }
  | { readonly refused: 'awaited'; readonly predictions: number };

/** What became of a wish to remove a model. */
export type ModelRemoval =
  | { readonly removed: readonly Version[] }
  | { readonly refused: 'not-found' }
  | { readonly refused: 'awaited'; readonly predictions: number };

/** What a check found. */
export type Checked =
  | { readonly ok: true; readonly manifest: object; readonly notes: readonly VersionNote[] }
  | { readonly ok: false; readonly reason: string };

export class ModelVersionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Adds a version in `checking`.
   * @param keep stores its files; none of them is removed between that and the row that names it
   * @param replaced a version of the same content that is forgotten in the same step
   * @returns null when the model has this version or this content already; nothing was stored then
   */
  create(
    version: NewVersion,
    keep: () => Promise<void>,
    replaced: string | null = null,
  ): Promise<Version | null> {
    const { name, id } = version;
    return this.#database.transaction(async (query) => {
      await lockFilesForKeeping(query);
      await addAndLock(query, name);
      const named = version.version ?? (await nextNumber(query, name));
      if ((await query(FIND_SAME, [name, named, id, replaced])).length > 0) return null;
      await keep();
      if (replaced !== null) await query(REMOVE, [name, replaced]);
      return told(await query<Version>(CREATE, valuesOf(version, named)));
    });
  }

  /**
   * Begins a check.
   * @param withinS how long one that was begun is waited for, seconds
   * @param died whether it is known that who began the last one died
   * @returns null when it is not to be checked, or somebody checks it now
   */
  beginCheck(name: string, version: string, withinS: number, died: boolean): Promise<Version | null> {
    return this.#one(BEGIN_CHECK, [name, version, withinS, died]);
  }

  /** Begins the checks of all versions from folders that nobody has tried. @param names of models; undefined: all */
  beginUntried(names?: readonly string[]): Promise<Version[]> {
    return this.#database.query<Version>(BEGIN_UNTRIED, [names ?? null]);
  }

  /** Leaves a check that found nothing to whoever begins it next. */
  async leaveCheck(name: string, version: string): Promise<void> {
    await this.#database.query(LEAVE_CHECK, [name, version]);
  }

  /** Ends a check: `checking → ready | rejected`. @returns null when it was not being checked any more */
  finishCheck(name: string, version: string, checked: Checked): Promise<Version | null> {
    if (!checked.ok) return this.#one(REJECT, [name, version, checked.reason]);
    const { manifest, notes } = checked;
    const values = [name, version, JSON.stringify(manifest), JSON.stringify(notes)];
    return this.#changing(name, async (query) => told(await query<Version>(ACCEPT, values)));
  }

  /**
   * `ready → retired`; its labels go.
   * @param force also when labels point to it that could point to another version
   */
  retire(name: string, version: string, reason: string, force = false): Promise<Ending> {
    return this.#changing(name, async (query) => {
      const { keptBy } = await usesOf(query, name, version);
      if (keptBy && !force) return { refused: 'labelled', labels: keptBy };
      return ended(told(await query<Version>(RETIRE, [name, version, reason])));
    });
  }

  /** Keeps a ready version in memory, or no longer. @returns null when there is no such ready version */
  pin(name: string, version: string, pinned: boolean): Promise<Version | null> {
    return this.#one(PIN, [name, version, pinned]);
  }

  /**
   * Forgets a version; a model without versions goes, too.
   * @param force also when predictions wait for it
   */
  remove(name: string, version: string, force = false): Promise<Ending> {
    return this.#changing(name, async (query) => {
      const { keptBy, waiting } = await usesOf(query, name, version);
      if (keptBy) return { refused: 'labelled', labels: keptBy };
      if (waiting > 0 && !force) return { refused: 'awaited', predictions: waiting };
      const removed = told(await query<Version>(REMOVE, [name, version]));
      await query(REMOVE_MODEL, [name]);
      return ended(removed);
    });
  }

  /** Forgets a model with all its versions and labels. @param force also when predictions wait for one of them */
  removeModel(name: string, force = false): Promise<ModelRemoval> {
    return this.#changing(name, async (query) => {
      const [row] = await query<{ waiting: number }>(WAITING, [name]);
      const waiting = row?.waiting ?? 0;
      if (waiting > 0 && !force) return { refused: 'awaited', predictions: waiting };
      const removed = await query<Version>(REMOVE_ALL, [name]);
      await query(REMOVE_MODEL, [name]);
      return removed.length > 0 ? { removed } : { refused: 'not-found' };
    });
  }

  /** Removes those files that no version has, while none is being stored. @param remove removes one of them */
  async removeUnusedFiles(
    sha256s: readonly string[],
    remove: (sha256: string) => Promise<unknown>,
  ): Promise<void> {
    if (sha256s.length === 0) return;
    await this.#database.transaction(async (query) => {
      await lockFilesForRemoval(query);
      for (const { sha256 } of await query<{ sha256: string }>(UNUSED_FILES, [sha256s])) await remove(sha256);
    });
  }

  async get(name: string, version: string): Promise<Version | null> {
    return this.#one(`SELECT ${VERSION} FROM model_versions WHERE name = $1 AND version = $2`, [
      name,
      version,
    ]);
  }

  /** The version of a model that is made of the same content. */
  async byContent(name: string, id: string): Promise<Version | null> {
    return this.#one(`SELECT ${VERSION} FROM model_versions WHERE name = $1 AND id = $2`, [name, id]);
  }

  /** Versions by model and age, the newest first. @param filter leaves out other models and states */
  list(
    filter: { readonly name?: string; readonly states?: readonly VersionState[] } = {},
  ): Promise<Version[]> {
    const text = `SELECT ${VERSION} FROM model_versions WHERE ($1::text IS NULL OR name = $1)
      AND ($2::text[] IS NULL OR state = ANY($2)) ORDER BY name, created_at DESC, version DESC`;
    return this.#database.query<Version>(text, [filter.name ?? null, filter.states ?? null]);
  }

  /** Labels of one model, or of all. */
  labels(name?: string): Promise<StoredLabel[]> {
    const text = `SELECT ${LABEL_COLUMNS} FROM model_labels WHERE ($1::text IS NULL OR name = $1) ORDER BY name, label`;
    return this.#database.query<StoredLabel>(text, [name ?? null]);
  }

  #changing<T>(name: string, change: (query: Query) => Promise<T>): Promise<T> {
    return this.#database.transaction(async (query) => {
      await lockModel(query, name);
      return change(query);
    });
  }

  async #one<Row extends object>(text: string, values: readonly unknown[]): Promise<Row | null> {
    return told(await this.#database.query<Row>(text, values));
  }
}

interface Uses {
  /** Labels that should be pointed elsewhere first; null: none. */
  readonly keptBy: readonly string[] | null;
  /** Predictions that have not ended. */
  readonly waiting: number;
}

async function usesOf(query: Query, name: string, version: string): Promise<Uses> {
  type Row = { readonly labels: string[]; readonly hasOthers: boolean; readonly waiting: number };
  const [{ labels, hasOthers, waiting }] = (await query<Row>(USES, [name, version])) as [Row];
  return { keptBy: labels.length > 0 && hasOthers ? labels : null, waiting };
}

const ended = (version: Version | null): Ending => (version ? { ended: version } : { refused: 'not-found' });

/** Locks a model, adding it first where it is missing. */
async function addAndLock(query: Query, name: string): Promise<void> {
  for (;;) {
    await query(ADD_MODEL, [name]);
    if (await lockModel(query, name)) return; // else it went between the two, with its last version
  }
}

async function nextNumber(query: Query, name: string): Promise<string> {
  const [row] = await query<{ number: number }>(NEXT_NUMBER, [name]);
  return String(row?.number ?? 1);
}

function valuesOf(version: NewVersion, named: string): unknown[] {
  const { name, id, manifest, files, source, createdBy, label, metrics = null } = version;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return [
    ...[name, named, id, JSON.stringify(manifest), JSON.stringify(files), bytes, source, createdBy],
    ...[label?.label ?? null, label?.weight ?? null, metrics === null ? null : JSON.stringify(metrics)],
  ];
}
