/**
 * Which server the commands talk to, and with which key. On the machine that Scry runs on they need none: they make one in
 * the database and keep it as DATA_DIR/command-line-key, readable by its owner alone.
 */
import path from 'node:path';
import { ApiKeyStore } from '@scry/shared/database/api-keys';
import { openDatabase } from '@scry/shared/database/database';
import { createLogger } from '@scry/shared/runtime/log';
import { makeKeptKey, readKeptKey } from '../../auth/kept-key.js';
import { ScryClient } from './client.js';

export interface ConnectionSettings {
  /** Of the server. */
  readonly url: string;
  readonly key: string | null;
  /** Of Scry on this machine; null: none is known. */
  readonly databaseUrl: string | null;
  readonly dataDir: string;
}

const KEY_FILE = 'command-line-key';
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const ADVICE =
  'Set SCRY_KEY to a key with the scope models:write ("npm run keys -- create --name … --scopes models:write,read" makes one where the server runs).';

async function makeKey(databaseUrl: string, file: string): Promise<string> {
  const database = openDatabase(databaseUrl, {
    max: 1,
    name: 'scry-models',
    log: createLogger('models', 'fatal'),
  });
  try {
    const purpose = { name: 'npm run models', scopes: ['models:write', 'read'] } as const;
    return await makeKeptKey(new ApiKeyStore(database), file, purpose);
  } finally {
    await database.close();
  }
}

/** @returns a client with a key that the server knows. @throws Error with a sentence that says what is missing */
export async function connect({ url, key, databaseUrl, dataDir }: ConnectionSettings): Promise<ScryClient> {
  const at = url.replace(/\/+$/, '');
  if (key !== null) return new ScryClient(at, key);
  const { hostname, protocol } = new URL(at);
  if (!LOOPBACK.test(hostname) || protocol !== 'http:')
    throw new Error(`${at} is not this machine. ${ADVICE}`);
  const file = path.join(dataDir, KEY_FILE);
  const kept = await readKeptKey(file);
  if (kept) {
    const client = new ScryClient(at, kept);
    if (await client.accepts()) return client;
  }
  if (databaseUrl === null)
    throw new Error(`No database of Scry's is known here to make a key in. ${ADVICE}`);
  const client = new ScryClient(at, await makeKey(databaseUrl, file));
  if (await client.accepts()) return client;
  throw new Error(`${at} uses another database than this machine's, and does not know its keys. ${ADVICE}`);
}
