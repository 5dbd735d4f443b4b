/** Raises users step by step, for one number of workers after the other, until each breaks or is saturated. */
import type { LoadResult } from '../load/recorder.js';
import { judgeSteps, type Step, type Verdict } from './break-point.js';

export interface Rung {
  readonly workers: number;
  readonly steps: readonly Step[];
  readonly verdict: Verdict;
}

export interface LadderOptions {
  readonly workers: readonly number[];
  /** Ascending. */
  readonly users: readonly number[];
  readonly maxP99Ms: number;
  /** Makes so many workers serve; resolves when they do. */
  readonly scale: (workers: number) => Promise<void>;
  readonly measure: (workers: number, users: number) => Promise<LoadResult>;
}

async function climb(workers: number, options: LadderOptions): Promise<Rung> {
  const steps: Step[] = [];
  let verdict: Verdict = { kind: 'growing' };
  for (const users of options.users) {
    const { perSecond, latency, failed, refused } = await options.measure(workers, users);
    steps.push({ users, perSecond, p50: latency.p50, p99: latency.p99, bad: failed + refused });
    verdict = judgeSteps(steps, options.maxP99Ms);
    if (verdict.kind !== 'growing') break;
  }
  return { workers, steps, verdict };
}

export async function runLadder(options: LadderOptions): Promise<Rung[]> {
  const rungs: Rung[] = [];
  for (const workers of options.workers) {
    await options.scale(workers);
    rungs.push(await climb(workers, options));
  }
  return rungs;
}

/** Most answers per second that a number of workers gave without a failure. */
export function bestThroughput({ steps }: Rung): number {
  return Math.max(0, ...steps.filter((step) => step.bad === 0).map((step) => step.perSecond));
}
