/**
 * One holder at a time across processes and hosts, by a PostgreSQL advisory lock. Owns one connection: the lock lives
 * and dies with it, so a holder that is killed is followed within seconds.
 *
 *     asking ──▶ holding ──(connection lost, or asked to stop)──▶ asking … ──▶ ended
 *
 * For a moment after a connection broke, the old holder may still finish a step while the new one begins: what is done
 * under the lock must be harmless when done twice. (Behind PgBouncer this needs session pooling, as LISTEN does.)
 */
import pg from 'pg';
import type { Logger } from '../runtime/log.js';
import { pause } from '../runtime/pause.js';

const ASK_EVERY_MS = 2000;
const CHECK_EVERY_MS = 2000;
const ANSWER_WITHIN_MS = 5000;

/** So that the server notices within half a minute that a holder's whole host is gone. */
const KEEPALIVES =
  'SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3';

export class Leadership {
  readonly #url: string;
  readonly #key: number;
  readonly #log: Logger;

  /** @param key what is held: the same number in every process that competes for it */
  constructor(url: string, key: number, log: Logger) {
    this.#url = url;
    this.#key = key;
    this.#log = log;
  }

  /**
   * Runs `work` whenever the lock is held here, until `signal` aborts. `work` gets a signal of its own, which aborts
   * when the lock is lost, and should then return soon.
   */
  async run(work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const client = new pg.Client({
        connectionString: this.#url,
        application_name: 'scry-maintenance',
        keepAlive: true,
        connectionTimeoutMillis: ANSWER_WITHIN_MS,
        query_timeout: ANSWER_WITHIN_MS,
      });
      try {
        await this.#compete(client, work, signal);
      } catch (error) {
        this.#log.warn({ error: (error as Error).message }, 'maintenance is interrupted; trying again');
      } finally {
        await client.end();
      }
      await pause(ASK_EVERY_MS, signal);
    }
  }

  async #compete(
    client: pg.Client,
    work: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const lost = new AbortController();
    client.on('error', (error) => lost.abort(error)); // a connection that breaks may report it twice
    client.once('end', () => lost.abort(new Error('the connection ended')));
    await client.connect();
    await client.query(KEEPALIVES);
    const either = AbortSignal.any([signal, lost.signal]);
    while (!either.aborted && !(await this.#ask(client))) await pause(ASK_EVERY_MS, either);
    if (either.aborted) return;
    const checking = this.#check(client, lost, either);
    try {
      await work(either);
    } finally {
      lost.abort();
      await checking;
    }
  }

  async #ask(client: pg.Client): Promise<boolean> {
    const text = 'SELECT pg_try_advisory_lock($1) AS held';
    const { rows } = await client.query<{ held: boolean }>(text, [this.#key]);
    return rows[0]?.held ?? false;
  }

  /** Asks now and then whether the connection still stands; a server that hangs says nothing by itself. */
  async #check(client: pg.Client, lost: AbortController, either: AbortSignal): Promise<void> {
    while (!either.aborted) {
      await pause(CHECK_EVERY_MS, either);
      if (either.aborted) return;
      await client.query('SELECT 1').catch((error: Error) => lost.abort(error));
    }
  }
}
