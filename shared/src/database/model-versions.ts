/**
 * The tables of models: versions and their states, and the labels that point to them. Whatever changes here is told on
 * MODELS_CHANNEL with the model's name, so that API and workers look again.
 */
import type { Label, VersionFile, VersionNote, VersionSource, VersionState } from '../contracts/version.js';
import type { Database } from './database.js';

/** Told the name of the model that changed. */
export const MODELS_CHANNEL = 'scry_models';

export interface NewVersion {
  readonly name: string;
  readonly version: string;
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

/** What a check found. */
export type Checked =
  | { readonly ok: true; readonly manifest: object; readonly notes: readonly VersionNote[] }
  | { readonly ok: false; readonly reason: string };

const VERSION = `name, version, id, state, reason, manifest, notes, files, bytes::float8 AS bytes, source, pinned, metrics,
  created_at AS "createdAt", check_tries AS "checkTries", checked_at AS "checkedAt"`;
const LABEL = `name, label, version, weight, previous, changed_at AS "changedAt"`;
const TELL = `pg_notify('${MODELS_CHANNEL}', $1)`;

const CREATE = `
  WITH model AS (INSERT INTO models (name) VALUES ($1) ON CONFLICT DO NOTHING)
  INSERT INTO model_versions (name, version, id, manifest, files, bytes, source, created_by, wanted_label, wanted_weight, metrics)
  VALUES ($1, $2, $3, $4::jsonb, $5::jsonb, $6, $7, $8, $9, $10, $11::jsonb)
  ON CONFLICT DO NOTHING RETURNING ${VERSION}, ${TELL}`;

/** One check at a time, unless who began the last one has not ended it within its time, or died. */
const BEGIN_CHECK = `
  UPDATE model_versions SET check_tries = check_tries + 1, check_began_at = clock_timestamp()
  WHERE name = $1 AND version = $2 AND state = 'checking'
    AND ($4 OR check_began_at IS NULL OR check_began_at < clock_timestamp() - $3 * interval '1 second')
  RETURNING ${VERSION}`;
const BEGIN_UNTRIED = `
  UPDATE model_versions SET check_tries = 1, check_began_at = clock_timestamp()
  WHERE state = 'checking' AND source = 'folder' AND check_tries = 0 AND ($1::text[] IS NULL OR name = ANY($1))
  RETURNING ${VERSION}`;
const LEAVE_CHECK = `
  UPDATE model_versions SET check_began_at = NULL WHERE name = $1 AND version = $2 AND state = 'checking'`;

/** A version that is ready gets the label it was made for; what the label pointed to stays as `previous`. */
const ACCEPT = `
  WITH ready AS (
    UPDATE model_versions SET state = 'ready', reason = NULL, manifest = $3::jsonb, notes = $4::jsonb,
      checked_at = clock_timestamp()
    WHERE name = $1 AND version = $2 AND state = 'checking' RETURNING *
  ), labelled AS (
    INSERT INTO model_labels (name, label, version, weight)
    SELECT name, wanted_label, version, coalesce(wanted_weight, 0) FROM ready WHERE wanted_label IS NOT NULL
    ON CONFLICT (name, label) DO UPDATE SET previous = model_labels.version, version = excluded.version,
      weight = excluded.weight, changed_at = clock_timestamp()
  )
  SELECT ${VERSION}, ${TELL} FROM ready`;

const REJECT = `
  UPDATE model_versions SET state = 'rejected', reason = $3, checked_at = clock_timestamp()
  WHERE name = $1 AND version = $2 AND state = 'checking' RETURNING ${VERSION}, ${TELL}`;

const RETIRE = `
  WITH gone AS (DELETE FROM model_labels WHERE name = $1 AND version = $2)
  UPDATE model_versions SET state = 'retired', reason = $3, retired_at = clock_timestamp(), pinned = false
  WHERE name = $1 AND version = $2 AND state = 'ready' RETURNING ${VERSION}, ${TELL}`;

/** Only a version that is ready can be asked for, so only such a one gets a label. */
const SET_LABEL = `
  INSERT INTO model_labels (name, label, version, weight)
  SELECT name, $3, version, $4 FROM model_versions WHERE name = $1 AND version = $2 AND state = 'ready'
  ON CONFLICT (name, label) DO UPDATE SET
    previous = CASE WHEN model_labels.version = excluded.version THEN model_labels.previous ELSE model_labels.version END,
    version = excluded.version, weight = excluded.weight, changed_at = clock_timestamp()
  RETURNING ${LABEL}, ${TELL}`;

/** Back to what the label pointed to before; asked twice, it is where it was. */
const ROLL_BACK = `
  UPDATE model_labels SET version = previous, previous = version, changed_at = clock_timestamp()
  WHERE name = $1 AND label = $2 AND EXISTS (SELECT 1 FROM model_versions v
    WHERE v.name = model_labels.name AND v.version = model_labels.previous AND v.state = 'ready')
  RETURNING ${LABEL}, ${TELL}`;

const REMOVE_LABEL = `DELETE FROM model_labels WHERE name = $1 AND label = $2 RETURNING ${LABEL}, ${TELL}`;
const PIN = `
  UPDATE model_versions SET pinned = $3 WHERE name = $1 AND version = $2 AND state = 'ready' RETURNING ${VERSION}, ${TELL}`;
const REMOVE = `
  DELETE FROM model_versions WHERE name = $1 AND version = $2 RETURNING ${VERSION}, ${TELL}`;
const REMOVE_MODEL = `DELETE FROM models m WHERE name = $1
  AND NOT EXISTS (SELECT 1 FROM model_versions v WHERE v.name = m.name) RETURNING ${TELL}`;

export class ModelVersionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Adds a version in `checking`. @returns null when the model has this version or this content already */
  create(version: NewVersion): Promise<Version | null> {
    const { name, id, manifest, files, source, createdBy, label, metrics = null } = version;
    return this.#one(CREATE, [
      name,
      version.version,
      id,
      JSON.stringify(manifest),
      JSON.stringify(files),
      files.reduce((sum, { bytes }) => sum + bytes, 0),
      source,
      createdBy,
      label?.label ?? null,
      label?.weight ?? null,
      metrics === null ? null : JSON.stringify(metrics),
    ]);
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
    return this.#one(ACCEPT, [name, version, JSON.stringify(manifest), JSON.stringify(notes)]);
  }

  /** `ready → retired`; its labels go. @returns null when it was not ready */
  retire(name: string, version: string, reason: string): Promise<Version | null> {
    return this.#one(RETIRE, [name, version, reason]);
  }

  /** Keeps a ready version in memory, or no longer. @returns null when there is no such ready version */
  pin(name: string, version: string, pinned: boolean): Promise<Version | null> {
    return this.#one(PIN, [name, version, pinned]);
  }

  /** Forgets a version and its labels; a model without versions goes, too. @returns null when there was none */
  async remove(name: string, version: string): Promise<Version | null> {
    const removed = await this.#one<Version>(REMOVE, [name, version]);
    await this.#database.query(REMOVE_MODEL, [name]);
    return removed;
  }

  /** Points a label at a ready version. @returns null when there is no such ready version */
  setLabel(name: string, label: string, version: string, weight: number): Promise<StoredLabel | null> {
    return this.#one(SET_LABEL, [name, version, label, weight]);
  }

  /** Points a label at what it pointed to before. @returns null when there is nothing to go back to */
  rollBack(name: string, label: string): Promise<StoredLabel | null> {
    return this.#one(ROLL_BACK, [name, label]);
  }

  /** @returns null when there was no such label */
  removeLabel(name: string, label: string): Promise<StoredLabel | null> {
    return this.#one(REMOVE_LABEL, [name, label]);
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
    const text = `SELECT ${LABEL} FROM model_labels WHERE ($1::text IS NULL OR name = $1) ORDER BY name, label`;
    return this.#database.query<StoredLabel>(text, [name ?? null]);
  }

  /** Whether any version's files include a blob. */
  async usesFile(sha256: string): Promise<boolean> {
    const text = 'SELECT 1 FROM model_versions WHERE files @> $1::jsonb LIMIT 1';
    return (await this.#database.query(text, [JSON.stringify([{ sha256 }])])).length > 0;
  }

  async #one<Row extends object>(text: string, values: readonly unknown[]): Promise<Row | null> {
    const [row] = await this.#database.query<Row & { pg_notify?: unknown }>(text, values);
    if (!row) return null;
    const { pg_notify: _told, ...rest } = row;
    return rest as unknown as Row;
  }
}
