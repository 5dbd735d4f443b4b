/**
 * Keeps a slow or dead target from costing anything to others. Owns, per origin, how many deliveries run and how
 * many failed in a row.
 *
 *     well ──(FAILURES_TO_REST without an answer)──▶ resting for REST_MS ──▶ one is let through ──▶ well | resting
 */

const AT_ONCE = 8;
const FAILURES_TO_REST = 5;
const REST_MS = 30_000;
/** More origins than this are known only when most of them are forgotten targets. */
const MANY = 1000;

interface Target {
  running: number;
  failures: number;
  restsUntil: number;
}

/** go: deliver; busy: enough are on their way already, come back soon; resting: it was dead a moment ago. */
export type Admission = 'go' | 'busy' | 'resting';

export class Targets {
  readonly #targets = new Map<string, Target>();
  readonly #now: () => number;

  /** @param now milliseconds of a clock that never goes back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Asks whether a delivery may begin. "go" must be followed by `leave`. */
  enter(origin: string): Admission {
    const target = this.#targets.get(origin) ?? { running: 0, failures: 0, restsUntil: 0 };
    if (target.restsUntil > this.#now()) return 'resting';
    const limit = target.failures >= FAILURES_TO_REST ? 1 : AT_ONCE;
    if (target.running >= limit) return 'busy';
    target.running++;
    if (this.#targets.size >= MANY) this.#forget();
    this.#targets.set(origin, target);
    return 'go';
  }

  /** Tells how a delivery went. @param answered whether the target answered at all */
  leave(origin: string, answered: boolean): void {
    const target = this.#targets.get(origin);
    if (!target) return;
    target.running--;
    target.failures = answered ? 0 : target.failures + 1;
    if (target.failures >= FAILURES_TO_REST) target.restsUntil = this.#now() + REST_MS;
    else if (target.running === 0 && target.failures === 0) this.#targets.delete(origin);
  }

  #forget(): void {
    for (const [origin, target] of this.#targets) {
      if (target.running === 0 && target.restsUntil <= this.#now()) this.#targets.delete(origin);
    }
  }
}
