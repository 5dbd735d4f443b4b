/** Whether this process can do its work now, and what is missing. States: ready or not ready ──▶ stopping. */

import { Memo } from '@scry/shared/runtime/memo';

/** Checks by name; each resolves when its part is usable. */
export type Checks = Readonly<Record<string, () => Promise<void>>>;

export interface ReadinessReport {
  readonly ready: boolean;
  /** By name: "ok", or a sentence. */
  readonly checks: Readonly<Record<string, string>>;
}

const PATIENCE_MS = 2000;
const SHARED_FOR_MS = 200;

/** (p-timeout would do the same; the version that is kept needs Node 22.) */
async function outcome(check: () => Promise<void>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  try {
    await Promise.race([check(), timeout]);
    return 'ok';
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    return message || code || 'failed'; // an AggregateError of refused connections has a code and no message
  } finally {
    clearTimeout(timer);
  }
}

export class Readiness {
  readonly #checks: Checks;
  #stopping = false;
  /** Anybody may ask, and checking writes a file and uses connections: those who ask at the same time share an answer. */
  readonly #outcomes = new Memo({
    ask: () => Promise.all(Object.values(this.#checks).map(outcome)),
    freshMs: SHARED_FOR_MS,
  });

  constructor(checks: Checks) {
    this.#checks = checks;
  }

  /** From now on the process is not ready, whatever the checks say. */
  stop(): void {
    this.#stopping = true;
  }

  async report(): Promise<ReadinessReport> {
    const names = Object.keys(this.#checks);
    const outcomes = await this.#outcomes.get();
    const checks: Record<string, string> = Object.fromEntries(
      names.map((name, index) => [name, outcomes[index] as string]),
    );
    if (this.#stopping) checks.process = 'stopping';
    return { ready: Object.values(checks).every((text) => text === 'ok'), checks };
  }
}
