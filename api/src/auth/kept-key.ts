/**
 * Keys for whoever sits at the machine: made in the database once, and kept in a file of DATA_DIR that its owner alone can read.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createApiKey, parseApiKey, type Scope, sameSecret } from '@scry/shared/contracts/api-key';
import { ApiKeyStore } from '@scry/shared/database/api-keys';
import { openDatabase } from '@scry/shared/database/database';
import { createLogger } from '@scry/shared/runtime/log';

export interface KeyPurpose {
  /** Shown in the list of keys. */
  readonly name: string;
  readonly scopes: readonly Scope[];
}

const SIGN_IN: KeyPurpose = { name: 'npm start: sign-in link', scopes: ['admin'] };
const SIGN_IN_FILE = 'sign-in-key';

/** The key in a file; null when there is none. */
export async function readKeptKey(file: string): Promise<string | null> {
  return readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => null, // whatever is wrong with it, another one is made
  );
}

/** Makes a key and keeps it in a file, in the place of what was there. @throws what the database and the file system say */
export async function makeKeptKey(
  store: ApiKeyStore,
  file: string,
  { name, scopes }: KeyPurpose,
): Promise<string> {
  const { id, text, secretHash } = createApiKey();
  await store.create({ id, name, secretHash, scopes, expiresInS: null });
  await writeFile(`${file}.new`, `${text}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return text;
}

async function isValid(store: ApiKeyStore, text: string): Promise<boolean> {
  const parsed = parseApiKey(text);
  const known = parsed && (await store.findValid(parsed.id));
  return known ? sameSecret(known.secretHash, parsed.secretHash) : false;
}

/**
 * The admin key of the link that `npm start` prints: the same at every start, until it is revoked.
 * @throws what the database and the file system say
 */
export async function signInKey(databaseUrl: string, dataDir: string): Promise<string> {
  const log = createLogger('sign-in', 'fatal');
  const database = openDatabase(databaseUrl, { max: 1, name: 'scry-sign-in', log });
  try {
    const store = new ApiKeyStore(database);
    const file = path.join(dataDir, SIGN_IN_FILE);
    const kept = await readKeptKey(file);
    return kept && (await isValid(store, kept)) ? kept : await makeKeptKey(store, file, SIGN_IN);
  } finally {
    await database.close();
  }
}
