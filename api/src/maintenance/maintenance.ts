/**
 * Keeps the promise of a 202 when something else broke: every prediction comes to an end even if its job was lost,
 * failed for good, or is no longer needed. Also sweeps out what nobody needs any more. Runs in every API process and
 * works in one of them at a time.
 *
 *     asking for the lock ──▶ working (each task in its own rhythm) ──(lock lost)──▶ asking …
 *
 * Every task may be cut off anywhere and may run twice at the same time: jobs have ids that derive from their
 * predictions, and an end is written once.
 */
import { setMaxListeners } from 'node:events';
import type { Leadership } from '@scry/shared/database/leader-lock';
import type { Logger } from '@scry/shared/runtime/log';
import { pause } from '@scry/shared/runtime/pause';
import { ThrottledLog } from '@scry/shared/runtime/throttled-log';

/** Something done again and again. Waits are between runs, so a slow run is never overtaken by the next. */
export interface MaintenanceTask {
  readonly name: string;
  readonly everyMs: number;
  readonly run: (signal: AbortSignal) => Promise<void>;
}

export class Maintenance {
  readonly #leadership: Leadership;
  readonly #maintenanceTasks: () => readonly MaintenanceTask[];
  readonly #log: Logger;
  readonly #throttled: ThrottledLog;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  /** @param maintenanceTasks made again each time the work begins, so that none remembers what it saw before it lost the lock */
  constructor(leadership: Leadership, maintenanceTasks: () => readonly MaintenanceTask[], log: Logger) {
    this.#leadership = leadership;
    this.#maintenanceTasks = maintenanceTasks;
    this.#log = log;
    this.#throttled = new ThrottledLog(log);
  }

  /** Begins to compete for the work. */
  start(): void {
    this.#running = this.#leadership.run((signal) => this.#work(signal), this.#stop.signal);
  }

  /** Ends the work after the step that runs, and lets another process take it over. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #work(signal: AbortSignal): Promise<void> {
    setMaxListeners(0, signal); // each task listens while it rests, however many there are
    this.#log.info('this process does the maintenance now');
    await Promise.all(this.#maintenanceTasks().map((task) => this.#repeat(task, signal)));
  }

  async #repeat({ name, everyMs, run }: MaintenanceTask, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await run(signal);
      } catch (error) {
        this.#throttled.warn(
          { task: name, error: (error as Error).message },
          'maintenance did not succeed; trying again',
        );
      }
      await pause(everyMs, signal);
    }
  }
}
