/**
 * Keeps one process running: starts it again, with backoff, when it ends by itself.
 *
 *     starting ──▶ running ──▶ waiting (backoff; none when it was told to restart) ──▶ starting …
 *         └───────────┴────────────┴──▶ stopping ──▶ stopped
 */
import { ended, spawnGuarded } from './guarded-process.mjs';
import { forward, say } from './log-lines.mjs';

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;
/** A process that ran for so long is not failing to start: its next backoff is short again. */
const HEALTHY_MS = 60_000;

/** The next wait, milliseconds. @param previous the wait before, 0 at first @param ranMs how long the process ran */
export function nextBackoff(previous, ranMs) {
  if (ranMs >= HEALTHY_MS || previous === 0) return FIRST_BACKOFF_MS;
  return Math.min(previous * 2, LONGEST_BACKOFF_MS);
}

export class Supervised {
  #name;
  #script;
  #env;
  #look;
  #child = null;
  #timer = null;
  #backoff = 0;
  #stopping = false;
  #restarting = false;
  #gone = Promise.resolve();
  #tellReady = () => undefined;
  /** Resolves when the process has said for the first time that it is ready. */
  ready = new Promise((resolve) => {
    this.#tellReady = resolve;
  });

  /**
   * @param {string} name for logs
   * @param {string} script absolute path
   * @param {NodeJS.ProcessEnv} env
   * @param {(line: string) => void} [look] sees what it writes to standard output
   */
  constructor(name, script, env, look) {
    this.#name = name;
    this.#script = script;
    this.#env = env;
    this.#look = look;
  }

  start() {
    const since = Date.now();
    const child = spawnGuarded('TERM', process.execPath, ['--enable-source-maps', this.#script], {
      env: this.#env,
      ipc: true,
    });
    this.#child = child;
    child.on('message', (message) => {
      if (message === 'ready') this.#tellReady();
    });
    forward(this.#name, child.stdout, this.#look);
    forward(this.#name, child.stderr);
    this.#gone = ended(child).then((how) => this.#onEnd(how, Date.now() - since));
  }

  #onEnd(how, ranMs) {
    this.#child = null;
    if (this.#stopping) return;
    if (this.#restarting) {
      this.#restarting = false;
      this.start();
      return;
    }
    this.#backoff = nextBackoff(this.#backoff, ranMs);
    say(this.#name, 50, 'ended with %s; starting it again in %d ms', how, this.#backoff);
    this.#timer = setTimeout(() => this.start(), this.#backoff);
  }

  /** Asks it to stop and waits until it has; kills it when it takes longer than `deadlineMs`. */
  async stop(deadlineMs) {
    this.#stopping = true;
    clearTimeout(this.#timer);
    await this.#end(deadlineMs);
  }

  /**
   * Ends it and starts it again at once. One that waits for its next start gets the changes then.
   * @param {NodeJS.ProcessEnv} changes to its environment
   * @param {number} deadlineMs after which it is killed
   */
  async restart(changes, deadlineMs) {
    this.#env = { ...this.#env, ...changes };
    if (!this.#child) return;
    this.#restarting = true;
    await this.#end(deadlineMs);
  }

  async #end(deadlineMs) {
    const child = this.#child;
    if (!child) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => {
      say(this.#name, 40, 'did not stop in time and is killed');
      child.kill('SIGKILL');
    }, deadlineMs);
    await this.#gone;
    clearTimeout(timer);
  }

  /** Ends it at once. */
  kill() {
    this.#stopping = true;
    clearTimeout(this.#timer);
    this.#child?.kill('SIGKILL');
  }
}
