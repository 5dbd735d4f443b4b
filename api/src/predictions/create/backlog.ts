/**
 * Refuses what could not be answered in any sensible time. Owns an estimate of how many predictions are unfinished:
 * what the database counted lately, and what was accepted here since. Counting happens at most once a second and not
 * at all while nothing is created, so that no request pays for it; several API processes may together overshoot the
 * limits by what the others accept within a second.
 */
import type { Logger } from '@scry/shared/runtime/log';
import { Problem } from '../../http/problems.js';

const COUNT_EVERY_MS = 1000;
const RETRY_AFTER_S = 5;

export interface BacklogLimits {
  readonly perModel: number;
  readonly total: number;
}

export class Backlog {
  readonly #count: () => Promise<ReadonlyMap<string, number>>;
  readonly #limits: BacklogLimits;
  readonly #log: Logger;
  readonly #now: () => number;
  #unfinished = new Map<string, number>();
  #countedAt = Number.NEGATIVE_INFINITY;
  #counting: Promise<void> | null = null;

  /** @param count unfinished predictions by model, from the database */
  constructor(
    count: () => Promise<ReadonlyMap<string, number>>,
    limits: BacklogLimits,
    log: Logger,
    now: () => number = () => performance.now(),
  ) {
    this.#count = count;
    this.#limits = limits;
    this.#log = log;
    this.#now = now;
  }

  /** Asks before anything of a request's body is read. @throws Problem "overloaded" when there is no room at all */
  async admitAny(): Promise<void> {
    await this.#refresh();
    this.#checkTotal();
  }

  /** Asks for one more prediction of a model. @throws Problem "overloaded" */
  async admit(model: string): Promise<void> {
    await this.#refresh();
    this.#checkTotal();
    const unfinished = this.#unfinished.get(model) ?? 0;
    if (unfinished >= this.#limits.perModel)
      throw overloaded(`${unfinished} predictions of "${model}" are waiting already`);
  }

  /** Notes one that was accepted. */
  add(model: string): void {
    this.#unfinished.set(model, (this.#unfinished.get(model) ?? 0) + 1);
  }

  #checkTotal(): void {
    let total = 0;
    for (const count of this.#unfinished.values()) total += count;
    if (total >= this.#limits.total) throw overloaded(`${total} predictions are waiting already`);
  }

  /** Counts when the last count is old; the first one is waited for, later ones happen beside the requests. */
  async #refresh(): Promise<void> {
    if (this.#now() - this.#countedAt < COUNT_EVERY_MS) return;
    const isFirst = this.#countedAt === Number.NEGATIVE_INFINITY;
    this.#counting ??= this.#recount();
    if (isFirst) await this.#counting;
  }

  async #recount(): Promise<void> {
    try {
      this.#unfinished = new Map(await this.#count());
    } catch (error) {
      this.#log.warn({ error: (error as Error).message }, 'unfinished predictions could not be counted');
    } finally {
      this.#countedAt = this.#now();
      this.#counting = null;
    }
  }
}

function overloaded(what: string): Problem {
  const headers = { 'Retry-After': String(RETRY_AFTER_S) };
  return new Problem('overloaded', `${what}: more are taken when some are done. Try again in some seconds.`, {
    headers,
  });
}
