/** An installation that asks for keys and has none could never be given one over HTTP: it is shown its first here. */
import { createApiKey } from '@scry/shared/contracts/api-key';
import type { ApiKeyStore } from '@scry/shared/database/api-keys';

/**
 * Makes an admin key when there is no valid key, and prints it, once.
 * @param print where the operator looks; not the log, which is often collected and kept
 * @returns whether one was made
 */
export async function ensureFirstKey(store: ApiKeyStore, print: (text: string) => void): Promise<boolean> {
  const { id, text, secretHash } = createApiKey();
  const made = await store.createFirst({ id, name: 'first key', secretHash, scopes: ['admin'] });
  if (made) {
    print(
      `\nThe first admin key, shown only now:\n\n    ${text}\n\nSend it as "Authorization: Bearer …".\n\n`,
    );
  }
  return made;
}
