/**
 * Refuses what could not be answered in any sensible time. Owns an estimate of how many predictions are unfinished:
 * what the database counted lately, and what was accepted here since. Counting happens at most once a second and not
 * at all while nothing is created, so that no request pays for it; several API processes may together overshoot the
 * limits by what the others accept within a second.
 */
import type { Logger } from '@scry/shared/runtime/log';
import { Memo } from '@scry/shared/runtime/memo';
import { Problem } from '../../http/problems.js';

const COUNT_EVERY_MS = 1000;
const RETRY_AFTER_S = 5;

export interface BacklogLimits {
  readonly perModel: number;
  readonly total: number;
}

export class Backlog {
  readonly #limits: BacklogLimits;
  /** Unfinished predictions by model. The first count is waited for, later ones happen beside the requests. */
  readonly #counted: Memo<void>;
  #unfinished = new Map<string, number>();

  /** @param count unfinished predictions by model, from the database */
  constructor(count: () => Promise<ReadonlyMap<string, number>>, limits: BacklogLimits, log: Logger) {
    this.#limits = limits;
    const recount = async () => {
      try {
        this.#unfinished = new Map(await count());
      } catch (error) {
        log.warn({ error: (error as Error).message }, 'unfinished predictions could not be counted');
      }
    };
    this.#counted = new Memo({ ask: recount, freshMs: COUNT_EVERY_MS });
  }

  /** Asks before anything of a request's body is read. @throws Problem "overloaded" when there is no room at all */
  async admitAny(): Promise<void> {
    await this.#counted.recent();
    this.#checkTotal();
  }

  /** Asks for one more prediction of a model. @throws Problem "overloaded" */
  async admit(model: string): Promise<void> {
    await this.#counted.recent();
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
}

function overloaded(what: string): Problem {
  const headers = { 'Retry-After': String(RETRY_AFTER_S) };
  return new Problem('overloaded', `${what}: more are taken when some are done. Try again in some seconds.`, {
    headers,
  });
}
