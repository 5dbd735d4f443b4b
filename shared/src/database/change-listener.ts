/**
 * Hears of every change of status, from whichever process made it. Owns one connection that LISTENs.
 *
 *     connecting ──▶ listening ──▶ (connection lost, or a probe not answered) ──▶ connecting … ──▶ closed
 *
 * NOTIFY is not kept for a listener that is not connected, so after every reconnect each subscriber is told to look for itself.
 * A connection that only listens sends nothing, and would never learn that its path is gone: it is probed.
 */
import pg from 'pg';
import type { Status } from '../contracts/prediction.js';
import type { Logger } from '../runtime/log.js';
import { pause } from '../runtime/pause.js';

/** The channel that changes are told on: "id status,id status,…". */
export const CHANNEL = 'scry_predictions';
/** The same, but only ends that no worker made: canceled and expired ones, for workers to drop. */
export const STOP_CHANNEL = 'scry_stops';

/** A new status, or null: something may have been missed, look for yourself. */
export type OnChange = (status: Status | null) => void;
export type OnAnyChange = (id: string, status: Status) => void;

const RETRY_MS = { first: 100, most: 2000 } as const;

/** When a listening connection is probed, milliseconds. Changes may be missed for the sum of both before it is noticed. */
export interface Probing {
  readonly everyMs: number;
  readonly answerWithinMs: number;
}
const PROBING: Probing = { everyMs: 5000, answerWithinMs: 5000 };

export class ChangeListener {
  readonly #url: string;
  readonly #log: Logger;
  readonly #channel: string;
  readonly #probing: Probing;
  readonly #subscribers = new Map<string, Set<OnChange>>();
  readonly #everything = new Set<OnAnyChange>();
  #client: pg.Client | null = null;
  #closed = new AbortController();
  #loop: Promise<void> | null = null;

  /** @param channel `CHANNEL`, or `STOP_CHANNEL` for less */
  constructor(url: string, log: Logger, channel: string = CHANNEL, probing: Probing = PROBING) {
    this.#url = url;
    this.#log = log;
    this.#channel = channel;
    this.#probing = probing;
  }

  /** Begins to listen; resolves once it does for the first time. */
  async start(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#loop = this.#keepListening(resolve);
    });
  }

  /** True while the connection stands, as far as its last probe told. */
  get listening(): boolean {
    return this.#client !== null;
  }

  /** Calls back at each change of one prediction. @returns a function that ends it */
  subscribe(id: string, callback: OnChange): () => void {
    const callbacks = this.#subscribers.get(id) ?? new Set();
    this.#subscribers.set(id, callbacks.add(callback));
    return () => {
      callbacks.delete(callback);
      if (callbacks.size === 0 && this.#subscribers.get(id) === callbacks) this.#subscribers.delete(id);
    };
  }

  /** Calls back at each change of any prediction; changes during a lost connection are not told. */
  subscribeAll(callback: OnAnyChange): () => void {
    this.#everything.add(callback);
    return () => this.#everything.delete(callback);
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#client?.end();
    await this.#loop;
  }

  async #keepListening(onFirst: () => void): Promise<void> {
    let delay: number = RETRY_MS.first;
    while (!this.#closed.signal.aborted) {
      const client = new pg.Client({
        connectionString: this.#url,
        application_name: 'scry-changes',
        keepAlive: true,
        connectionTimeoutMillis: this.#probing.answerWithinMs,
        query_timeout: this.#probing.answerWithinMs,
      });
      try {
        await this.#listen(client, () => {
          delay = RETRY_MS.first;
          onFirst();
          this.#wakeAll();
        });
      } catch (error) {
        this.#log.warn({ error: (error as Error).message }, 'not listening for changes; trying again');
      } finally {
        this.#client = null;
        await client.end();
      }
      if (this.#closed.signal.aborted) break;
      await pause(delay, this.#closed.signal);
      delay = Math.min(delay * 2, RETRY_MS.most);
    }
    onFirst();
  }

  /** Listens on one connection until it ends. @throws what broke it */
  async #listen(client: pg.Client, onListening: () => void): Promise<void> {
    const ended = new Promise<void>((resolve, reject) => {
      client.on('error', reject); // a connection that breaks may report it twice
      client.once('end', resolve);
    });
    client.on('notification', ({ payload }) => this.#tell(payload ?? ''));
    const listening = (async () => {
      await client.connect();
      await client.query(`LISTEN ${this.#channel}`);
      this.#client = client;
      onListening();
      await this.#probe(client);
    })();
    await Promise.race([listening, ended]);
  }

  /** Asks again and again whether the connection still carries anything. @throws when no answer comes */
  async #probe(client: pg.Client): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted && this.#client === client) {
      await pause(this.#probing.everyMs, signal);
      if (!signal.aborted && this.#client === client) await client.query('SELECT 1');
    }
  }

  #tell(payload: string): void {
    for (const change of payload.split(',')) {
      const [id, status] = change.split(' ') as [string, Status];
      for (const callback of this.#subscribers.get(id) ?? []) callback(status);
      for (const callback of this.#everything) callback(id, status);
    }
  }

  #wakeAll(): void {
    for (const callbacks of this.#subscribers.values()) for (const callback of callbacks) callback(null);
  }
}
