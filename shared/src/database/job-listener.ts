/**
 * Hears of jobs that are added, and looks after queues through the same connection, so that a path which went silent is
 * noticed. Owns that connection.
 *
 *     connecting ──▶ listening ──▶ (lost, or a statement without an answer) ──▶ connecting … ──▶ closed
 */
import pg from 'pg';
import { pause } from '../runtime/pause.js';
import { ADDED_CHANNEL, LOOK } from './job-statements.js';

const RETRY_MS = { first: 100, most: 2000 } as const;
const ANSWER_WITHIN_MS = 5000;

export interface JobListenerEvents {
  readonly onAdded: (queue: string, count: number) => void;
  /** The connection stands; jobs may have been added meanwhile. */
  readonly onListening: () => void;
  /** Called at every attempt that fails. */
  readonly onError: (error: Error) => void;
}

export class JobListener {
  readonly #url: string;
  readonly #events: JobListenerEvents;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  #client: pg.Client | null = null;
  #unavailable = new Error('not connected to the queue yet');
  #tried: () => void = () => undefined;
  /** Resolves when the first attempt to connect has succeeded or failed. */
  readonly #firstAttempt = new Promise<void>((resolve) => {
    this.#tried = resolve;
  });

  /** Connects now, and again whenever the connection is lost. */
  constructor(url: string, events: JobListenerEvents) {
    this.#url = url;
    this.#events = events;
    this.#loop = this.#keepListening();
  }

  /** Which queues hold jobs to be taken; puts right what a clock that was set back left. @throws what is wrong */
  async look(queues: readonly string[]): Promise<string[]> {
    await this.#firstAttempt;
    const client = this.#client;
    if (!client) throw this.#unavailable;
    try {
      const { rows } = await client.query<{ queue: string }>({ name: 'look', text: LOOK, values: [queues] });
      return rows.map(({ queue }) => queue);
    } catch (error) {
      if (/timeout/i.test((error as Error).message)) client.connection.stream.destroy(); // nobody is there any more
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#client?.end();
    await this.#loop;
  }

  async #keepListening(): Promise<void> {
    const { signal } = this.#stop;
    let delay: number = RETRY_MS.first;
    while (!signal.aborted) {
      const client = new pg.Client({
        connectionString: this.#url,
        application_name: 'scry-jobs',
        keepAlive: true,
        connectionTimeoutMillis: ANSWER_WITHIN_MS,
        query_timeout: ANSWER_WITHIN_MS,
      });
      try {
        await this.#listen(client, () => {
          delay = RETRY_MS.first;
        });
      } catch (error) {
        this.#unavailable = error as Error;
        if (!signal.aborted) this.#events.onError(error as Error);
      }
      this.#tried();
      this.#client = null;
      await client.end();
      await pause(delay, signal);
      delay = Math.min(delay * 2, RETRY_MS.most);
    }
  }

  /** Listens on one connection until it ends. @throws what broke it */
  async #listen(client: pg.Client, onListening: () => void): Promise<void> {
    const ended = new Promise<void>((resolve, reject) => {
      client.on('error', reject); // more than one may come
      client.on('end', resolve);
    });
    client.on('notification', ({ payload = '' }) => {
      const [, count, queue] = /^(\d+) (.*)$/s.exec(payload) ?? [];
      if (queue !== undefined) this.#events.onAdded(queue, Number(count));
    });
    const listening = (async () => {
      await client.connect();
      // A plan made for an empty table would read a full one from end to end.
      await client.query('SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan');
      await client.query(`LISTEN ${ADDED_CHANNEL}`);
      if (this.#stop.signal.aborted) return;
      this.#client = client;
      this.#tried();
      onListening();
      this.#events.onListening();
      await ended;
    })();
    await Promise.race([listening, ended]);
  }
}
