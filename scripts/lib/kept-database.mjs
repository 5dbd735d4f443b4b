/**
 * Keeps the embedded PostgreSQL running: when it ends by itself it is started again, with backoff, for as long as it
 * takes. A full disk or a lack of memory passes; API and workers wait for the database meanwhile.
 *
 *     running ──▶ waiting (backoff) ──▶ starting ──▶ running, at the same address or at another
 *        └────────────┴──────────────────┴──▶ stopping ──▶ stopped
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres } from './embedded-postgres.mjs';
import { say } from './log-lines.mjs';
import { nextBackoff } from './supervised.mjs';

const [INFO, WARN, ERROR] = [30, 40, 50];

export class KeptDatabase {
  #options;
  #onMoved;
  #server = null;
  #stop = new AbortController();
  #keeping = Promise.resolve();

  /**
   * @param {{ home: string, connections: number }} options for PostgreSQL
   * @param {(url: string) => Promise<void>} onMoved told when it runs at another address than before
   */
  constructor(options, onMoved) {
    this.#onMoved = onMoved;
    this.#options = {
      ...options,
      log: (line) => this.#show(line),
      say: (sentence) => say('postgres', WARN, sentence),
    };
  }

  /** postgres://… of the server that runs, or ran last. */
  get url() {
    return this.#server?.url;
  }

  /** Starts it for the first time. @throws Error with a sentence when it does not start */
  async start() {
    this.#server = await startEmbeddedPostgres(this.#options);
    this.#keeping = this.#keep();
  }

  /** Ends connections and waits for a clean stop. */
  async stop() {
    this.#stop.abort();
    await this.#keeping;
    await this.#server?.stop();
  }

  /** Ends it at once; safe, since PostgreSQL recovers at its next start. */
  kill() {
    this.#stop.abort();
    try {
      if (this.#server) process.kill(this.#server.pid, 'SIGQUIT');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error; // it has ended
    }
  }

  async #keep() {
    const { signal } = this.#stop;
    const stopped = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    while (!signal.aborted) {
      const since = Date.now();
      const before = this.url;
      const how = await Promise.race([this.#server.ended, stopped]);
      if (signal.aborted) return;
      say('postgres', ERROR, 'ended with %s; starting it again', how);
      await this.#startAgain(nextBackoff(0, Date.now() - since));
      if (signal.aborted || this.url === before) continue;
      say('postgres', WARN, 'has a new address, because another program took its port');
      await this.#onMoved(this.url);
    }
  }

  async #startAgain(firstBackoff) {
    const { signal } = this.#stop;
    for (let backoff = firstBackoff; !signal.aborted; backoff = nextBackoff(backoff, 0)) {
      try {
        this.#server = await startEmbeddedPostgres(this.#options);
        say('postgres', INFO, 'runs again');
        return;
      } catch (error) {
        say('postgres', ERROR, '%s\nTrying again in %d ms.', error.message, backoff);
        await sleep(backoff, undefined, { signal }).catch(() => undefined); // asked to stop
      }
    }
  }

  #show(line) {
    const [, level, text] = /\b(WARNING|FATAL|PANIC): {2}(.*)$/.exec(line) ?? [];
    if (level && !this.#stop.signal.aborted) say('postgres', level === 'PANIC' ? ERROR : WARN, text);
  }
}
