/** API keys from the command line: `npm run keys -- create|list|revoke`; in a container, `node api/dist/auth/keys-command.js …`. */
import { parseArgs } from 'node:util';
import { createApiKey, SCOPES, type Scope } from '@scry/shared/contracts/api-key';
import { isPlainText } from '@scry/shared/contracts/plain-text';
import { ApiKeyStore } from '@scry/shared/database/api-keys';
import { migrate, openDatabase } from '@scry/shared/database/database';
import { loadConfig } from '@scry/shared/runtime/load-config';
import { createLogger } from '@scry/shared/runtime/log';

const USAGE = `
  create --name NAME [--scopes predict,read,admin] [--days N]   make a key; it is shown once
  list                                                          all keys, without their secrets
  revoke ID                                                     a key that stops working within 5 seconds
`;
const DAY_S = 24 * 3600;

interface Options {
  readonly name?: string | undefined;
  readonly scopes?: string | undefined;
  readonly days?: string | undefined;
}

const say = (text: string) => process.stdout.write(`${text}\n`);

function scopesOf(text: string): Scope[] {
  const scopes = text.split(',').map((scope) => scope.trim());
  const unknown = scopes.filter((scope) => !SCOPES.includes(scope as Scope));
  if (unknown.length > 0)
    throw new Error(`--scopes: "${unknown.join(', ')}" is none of ${SCOPES.join(', ')}.`);
  return scopes as Scope[];
}

function secondsOf(days: string | undefined): number | null {
  if (days === undefined) return null;
  const number = Number(days);
  if (!(number > 0)) throw new Error(`--days: "${days}" is not a number above 0.`);
  return number * DAY_S;
}

async function create(store: ApiKeyStore, { name, scopes = 'predict', days }: Options): Promise<void> {
  if (!name) throw new Error('--name is missing: who or what is the key for?');
  if (!isPlainText(name)) throw new Error('--name must not hold control characters.');
  const { id, text, secretHash } = createApiKey();
  await store.create({ id, name, secretHash, scopes: scopesOf(scopes), expiresInS: secondsOf(days) });
  say(`${text}\n\nShown only now. Send it as "Authorization: Bearer …".`);
}

async function list(store: ApiKeyStore): Promise<void> {
  for (const key of await store.list()) {
    const state = key.revokedAt
      ? 'revoked'
      : key.expiresAt
        ? `expires ${key.expiresAt.toISOString()}`
        : 'valid';
    const used = key.lastUsedAt ? `used ${key.lastUsedAt.toISOString()}` : 'never used';
    say(`${key.id}  ${key.scopes.join(',')}  ${state}  ${used}  ${key.name}`);
  }
}

async function revoke(store: ApiKeyStore, id: string | undefined): Promise<void> {
  if (!id) throw new Error('revoke needs the id of a key; "list" shows them.');
  if (!(await store.revoke(id))) throw new Error(`There is no key "${id}"; "list" shows them.`);
  say(`${id} is revoked; it stops working within 5 seconds.`);
}

async function command(store: ApiKeyStore, [verb, id]: string[], options: Options): Promise<void> {
  if (verb === 'create') return create(store, options);
  if (verb === 'list') return list(store);
  if (verb === 'revoke') return revoke(store, id);
  throw new Error(`Say what to do:\n${USAGE}`);
}

const config = loadConfig(process.env);
const log = createLogger('keys', 'warn');
const database = openDatabase(config.DATABASE_URL, { max: 1, name: 'scry-keys', log });
try {
  const text = { type: 'string' } as const;
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { name: text, scopes: text, days: text },
  });
  await migrate(config.DATABASE_URL, log);
  await command(new ApiKeyStore(database), positionals, values);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  await database.close();
}
