/**
 * Tells whether a key that was sent is valid. Owns what was read of the keys table lately and the uses not yet
 * written down.
 *
 *     unknown ──▶ read from the table ──▶ remembered for REMEMBER_MS ──▶ read again …
 *
 * A revoked key therefore ends at once in the process that revoked it and within REMEMBER_MS in every other.
 */
import { type ParsedApiKey, parseApiKey, sameSecret } from '@scry/shared/contracts/api-key';
import type { ApiKeyStore, ValidKey } from '@scry/shared/database/api-keys';
import type { Logger } from '@scry/shared/runtime/log';

const REMEMBER_MS = 5000;
const REMEMBER_AT_MOST = 10_000;
const WRITE_USES_MS = 10_000;

interface Remembered {
  readonly key: ValidKey;
  readonly until: number;
}

export class Authenticator {
  readonly #store: ApiKeyStore;
  readonly #log: Logger;
  readonly #remembered = new Map<string, Remembered>();
  readonly #used = new Set<string>();
  #timer: NodeJS.Timeout | null = null;

  constructor(store: ApiKeyStore, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  /**
   * @param text as the client sent it
   * @returns the key, or null when it is none, unknown, wrong, expired or revoked: the caller need not know which
   */
  async verify(text: string): Promise<ValidKey | null> {
    const sent = parseApiKey(text);
    if (!sent) return null;
    const key = await this.#find(sent);
    if (!key || !sameSecret(key.secretHash, sent.secretHash)) return null;
    this.#noteUse(key.id);
    return key;
  }

  /** Forgets a key that was revoked here. */
  forget(id: string): void {
    this.#remembered.delete(id);
  }

  /** Writes down the uses that are still to be written. */
  async close(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#writeUses();
  }

  async #find(sent: ParsedApiKey): Promise<ValidKey | null> {
    const remembered = this.#remembered.get(sent.id);
    if (remembered && remembered.until > performance.now()) return remembered.key;
    const key = await this.#store.findValid(sent.id);
    this.#remembered.delete(sent.id);
    if (!key) return null;
    if (this.#remembered.size >= REMEMBER_AT_MOST) this.#remembered.clear();
    this.#remembered.set(key.id, { key, until: performance.now() + REMEMBER_MS });
    return key;
  }

  /** Uses are written together, so that a key in heavy use costs one small statement in ten seconds. */
  #noteUse(id: string): void {
    this.#used.add(id);
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.#writeUses();
    }, WRITE_USES_MS).unref();
  }

  async #writeUses(): Promise<void> {
    if (this.#used.size === 0) return;
    const ids = [...this.#used];
    this.#used.clear();
    try {
      await this.#store.touch(ids);
    } catch (error) {
      this.#log.warn({ error }, 'the last use of some keys was not written down');
    }
  }
}
