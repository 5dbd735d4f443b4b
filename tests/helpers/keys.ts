/** Keys for tests, made as an administrator would make them. */
import { createApiKey, type Scope } from '@scry/shared/api-key';
import type { TestApp } from './app.js';

/** Headers with a new key that has these scopes. */
export async function keyFor({ services }: TestApp, scopes: Scope[]): Promise<Record<string, string>> {
  const { id, text, secretHash } = createApiKey();
  await services.keys.create({ id, name: 'test', secretHash, scopes, expiresInS: null });
  return { Authorization: `Bearer ${text}` };
}
