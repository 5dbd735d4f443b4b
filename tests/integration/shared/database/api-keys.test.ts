import { Authenticator } from '@scry/api/auth/authenticator';
import { ensureFirstKey } from '@scry/api/auth/first-key';
import { createApiKey, type Scope } from '@scry/shared/contracts/api-key';
import { ApiKeyStore } from '@scry/shared/database/api-keys';
import { type Database, openDatabase } from '@scry/shared/database/database';
import { createDatabase, quiet, type TestDatabase } from '../../../helpers/services.js';

let testDatabase: TestDatabase;
let database: Database;
let store: ApiKeyStore;
let authenticator: Authenticator;

beforeEach(async () => {
  testDatabase = await createDatabase();
  database = openDatabase(testDatabase.url, { max: 4, name: 'test', log: quiet });
  store = new ApiKeyStore(database);
  authenticator = new Authenticator(store, quiet);
});

afterEach(async () => {
  await authenticator.close();
  await database.close();
  await testDatabase.drop();
});

async function make(scopes: readonly Scope[], expiresInS: number | null = null) {
  const { id, text, secretHash } = createApiKey();
  const key = await store.create({ id, name: 'a test', secretHash, scopes, expiresInS });
  return { key, text };
}

it('recognises a key that was made, with its scopes', async () => {
  const { key, text } = await make(['predict', 'read']);
  expect(await authenticator.verify(text)).toMatchObject({ id: key.id, scopes: ['predict', 'read'] });
});

it('keeps no secret in the table', async () => {
  const { text } = await make(['admin']);
  const [row] = await database.query<{ all: string }>('SELECT k::text AS all FROM api_keys k');
  const secret = text.split('_').slice(2).join('_');
  expect(row?.all).not.toContain(secret);
  expect(row?.all).not.toContain(Buffer.from(secret, 'latin1').toString('hex'));
});

it('refuses the right id with another secret', async () => {
  const [one, other] = [await make(['predict']), await make(['predict'])];
  const mixed = `${one.text.slice(0, 18)}${other.text.slice(18)}`;
  expect(await authenticator.verify(mixed)).toBeNull();
});

it('refuses a key that has expired, by the clock of the database', async () => {
  const { text } = await make(['predict'], -1);
  expect(await authenticator.verify(text)).toBeNull();
});

it('refuses a revoked key at once where it was revoked', async () => {
  const { key, text } = await make(['predict']);
  expect(await authenticator.verify(text)).not.toBeNull();
  await store.revoke(key.id);
  authenticator.forget(key.id);
  expect(await authenticator.verify(text)).toBeNull();
});

it('writes the last use down, together with others', async () => {
  const { key, text } = await make(['predict']);
  expect((await store.list())[0]?.lastUsedAt).toBeNull();
  for (let count = 0; count < 50; count++) await authenticator.verify(text);
  await authenticator.close();
  const found = (await store.list()).find(({ id }) => id === key.id);
  expect(found?.lastUsedAt).toBeInstanceOf(Date);
});

it('shows the first admin key once, even when several processes start at one time', async () => {
  const shown: string[] = [];
  const made = await Promise.all(
    Array.from({ length: 4 }, () => ensureFirstKey(store, (text) => shown.push(text))),
  );
  expect(made.filter(Boolean)).toHaveLength(1);
  expect(shown).toHaveLength(1);
  const [text] = /scry_\S+/.exec(shown[0] ?? '') ?? [];
  expect(await authenticator.verify(text ?? '')).toMatchObject({ scopes: ['admin'] });
  expect(await ensureFirstKey(store, (again) => shown.push(again))).toBe(false);
});

it('makes a new first key when every earlier one was revoked', async () => {
  await ensureFirstKey(store, () => undefined);
  const [first] = await store.list();
  await store.revoke(first?.id as string);
  expect(await ensureFirstKey(store, () => undefined)).toBe(true);
});
