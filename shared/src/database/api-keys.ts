/** The api_keys table: who may call, what for, and until when. Whether a key is still valid is the database's clock. */
import type { Scope } from '../contracts/api-key.js';
import type { Database } from './database.js';

/** A key as people may see it: everything but its secret. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  /** Exact to about ten seconds: uses are written together. */
  readonly lastUsedAt: Date | null;
}

/** What is needed to tell whether a key that was sent is right. */
export interface ValidKey {
  readonly id: string;
  readonly scopes: readonly Scope[];
  readonly secretHash: Buffer;
}

export interface NewKey {
  readonly id: string;
  readonly name: string;
  readonly secretHash: Buffer;
  readonly scopes: readonly Scope[];
  /** Seconds from now; null: it does not expire. */
  readonly expiresInS: number | null;
}

const COLUMNS = `id, name, scopes, created_at AS "createdAt", expires_at AS "expiresAt",
  revoked_at AS "revokedAt", last_used_at AS "lastUsedAt"`;
const VALID = 'revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())';

const INSERT = `
  INSERT INTO api_keys (id, name, secret_hash, scopes, expires_at)
  VALUES ($1, $2, $3, $4::text[], clock_timestamp() + $5::float8 * interval '1 second')
  RETURNING ${COLUMNS}`;
// Of processes that start at once, the unique index lets one write; the others wait for it and then do nothing.
const INSERT_FIRST = `
  INSERT INTO api_keys (id, name, secret_hash, scopes, first)
  SELECT $1, $2, $3, $4::text[], true WHERE NOT EXISTS (SELECT 1 FROM api_keys WHERE ${VALID})
  ON CONFLICT (first) WHERE first AND revoked_at IS NULL DO NOTHING
  RETURNING id`;
const FIND_VALID = `SELECT id, scopes, secret_hash AS "secretHash" FROM api_keys WHERE id = $1 AND ${VALID}`;
const LIST = `SELECT ${COLUMNS} FROM api_keys ORDER BY created_at DESC, id LIMIT 1000`;
const REVOKE = `
  UPDATE api_keys SET revoked_at = coalesce(revoked_at, clock_timestamp()) WHERE id = $1 RETURNING ${COLUMNS}`;
const TOUCH = `
  UPDATE api_keys SET last_used_at = clock_timestamp() WHERE id = ANY($1::text[])`;

export class ApiKeyStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Writes a new key. */
  async create(key: NewKey): Promise<ApiKey> {
    const values = [key.id, key.name, key.secretHash, key.scopes, key.expiresInS];
    const [row] = await this.#database.run<ApiKey>('key_insert', INSERT, values);
    if (!row) throw new Error('the new key came back without a row');
    return row;
  }

  /** Writes a key unless there is a valid one already. @returns whether it was written */
  async createFirst(key: Omit<NewKey, 'expiresInS'>): Promise<boolean> {
    const values = [key.id, key.name, key.secretHash, key.scopes];
    return (await this.#database.run('key_insert_first', INSERT_FIRST, values)).length > 0;
  }

  /** A key that is neither revoked nor expired. */
  async findValid(id: string): Promise<ValidKey | null> {
    const [row] = await this.#database.run<ValidKey>('key_find', FIND_VALID, [id]);
    return row ?? null;
  }

  /** All keys, newest first. */
  list(): Promise<ApiKey[]> {
    return this.#database.run<ApiKey>('key_list', LIST, []);
  }

  /** Ends a key for good. @returns it, or null when there is no such key */
  async revoke(id: string): Promise<ApiKey | null> {
    const [row] = await this.#database.run<ApiKey>('key_revoke', REVOKE, [id]);
    return row ?? null;
  }

  /** Writes down that keys were used just now. */
  async touch(ids: readonly string[]): Promise<void> {
    await this.#database.run('key_touch', TOUCH, [ids]);
  }
}
