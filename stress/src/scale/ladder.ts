/** Raises users step by step, for one number of workers after the other, until each breaks or is saturated. */
import { judgeSteps, type Step, type Verdict } from './break-point.js';

export interface Rung {
  readonly workers: number;
  readonly steps: readonly Step[];
  readonly verdict: Verdict;
  /** Share of this machine's CPUs that was busy while the system had nothing to do, 0 to 1. */
  readonly othersCpu: number;
}

/** `stopped` is why it ended early: an error, or the caller's signal. What was measured before is kept. */
export interface Climb {
  readonly rungs: readonly Rung[];
  readonly stopped: Error | 'interrupted' | null;
}

export interface LadderOptions {
  readonly workers: readonly number[];
  /** Ascending. */
  readonly users: readonly number[];
  readonly maxP99Ms: number;
  /** Makes so many workers serve; resolves when they are warm, and tells `Rung.othersCpu`. */
  readonly scale: (workers: number) => Promise<number>;
  /** A step that the signal cut short is thrown away. */
  readonly measure: (workers: number, users: number) => Promise<Step>;
  readonly signal?: AbortSignal;
}

/** Climbs until every number of workers has broken or is saturated, or the users run out. Never throws. */
export async function runLadder(options: LadderOptions): Promise<Climb> {
  const { signal, maxP99Ms } = options;
  const rungs: Rung[] = [];
  try {
    for (const workers of options.workers) {
      signal?.throwIfAborted();
      const othersCpu = await options.scale(workers);
      const steps: Step[] = [];
      for (const users of options.users) {
        signal?.throwIfAborted();
        const step = await options.measure(workers, users);
        signal?.throwIfAborted();
        if (steps.push(step) > 1) rungs.pop();
        const verdict = judgeSteps(steps, maxP99Ms);
        rungs.push({ workers, steps: [...steps], verdict, othersCpu });
        if (verdict.kind !== 'growing') break;
      }
    }
    return { rungs, stopped: null };
  } catch (error) {
    return { rungs, stopped: signal?.aborted ? 'interrupted' : (error as Error) };
  }
}

/** 1, 2, 4, … up to a limit, and the limit itself. */
export function doublingUsers(most: number): number[] {
  const users: number[] = [];
  for (let count = 1; count < most; count *= 2) users.push(count);
  return [...users, most];
}

/** Most answers per second that a number of workers gave before it broke. */
export function bestThroughput({ steps, verdict }: Rung): number {
  const good = verdict.kind === 'broken' ? steps.slice(0, -1) : steps;
  return Math.max(0, ...good.map((step) => step.perSecond));
}

/**
 * The exit code of a run: 2 when it was stopped by an error, 130 by Ctrl-C, 1 when predictions failed, or when some number
 * of workers could not serve even the fewest users. Being refused under too much load is what was looked for, and no fault.
 */
export function exitCode({ rungs, stopped }: Climb, maxFailures: number): number {
  if (stopped === 'interrupted') return 130;
  if (stopped !== null) return 2;
  const failed = rungs.flatMap((rung) => rung.steps).reduce((sum, step) => sum + step.failed, 0);
  const useless = rungs.some((rung) => rung.steps.length === 1 && rung.verdict.kind === 'broken');
  return failed > maxFailures || useless ? 1 : 0;
}
