/** Keys for tests, made as an administrator would make them. */
import { createApiKey, type Scope } from '@scry/shared/contracts/api-key';
import { ApiKeyStore } from '@scry/shared/database/api-keys';
import { openDatabase } from '@scry/shared/database/database';
import type { TestApp } from './app.js';
import { quiet, type TestDatabase } from './services.js';

async function create(store: ApiKeyStore, scopes: Scope[]): Promise<string> {
  const { id, text, secretHash } = createApiKey();
  await store.create({ id, name: 'test', secretHash, scopes, expiresInS: null });
  return text;
}

/** Headers with a new key that has these scopes. */
export async function keyFor({ services }: TestApp, scopes: Scope[]): Promise<Record<string, string>> {
  return { Authorization: `Bearer ${await create(services.keys, scopes)}` };
}

/** A new key of a system that runs in other processes. */
export async function keyIn({ url }: TestDatabase, scopes: Scope[]): Promise<string> {
  const database = openDatabase(url, { max: 1, name: 'test-keys', log: quiet });
  try {
    return await create(new ApiKeyStore(database), scopes);
  } finally {
    await database.close();
  }
}
