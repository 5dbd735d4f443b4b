/** One contender's turn: drives it for a while, and divides what it used by what it finished. */
import { availableParallelism } from 'node:os';
import type { Image } from '../load/images.js';
import { runLoad } from '../load/run.js';
import type { Target } from '../load/target.js';
import type { ManagedProcess } from '../stack/process.js';
import { type CpuReading, cpuBetween, type Parts, readCpu } from './cpu.js';
import type { LimitAnswer, LimitOrder } from './limit-thread.js';
import type { Turn } from './result.js';

const DEADLINE_MS = 60_000;
/**
 * Users join over this time, so that their uploads do not come in one clump for ever after, and answers that were
 * ready before their first poll are not counted: longer than the time between two polls.
 */
const RAMP_S = 3;

function perPrediction(used: CpuReading, finished: number): Record<string, number> {
  const parts = Object.entries(used).filter(([part]) => part !== 'machine');
  return Object.fromEntries(parts.map(([part, ms]) => [part, ms / finished]));
}

/** Share of the machine's busy time that none of the measured parts used. */
function othersShare(used: CpuReading): number {
  const machine = used.machine ?? 0;
  const known = Object.entries(used).reduce((sum, [part, ms]) => (part === 'machine' ? sum : sum + ms), 0);
  return machine > 0 ? Math.max(0, 1 - known / machine) : 0;
}

/** Share of the CPUs' time that was used since a moment. */
const busyShare = (used: CpuReading, since: number): number =>
  (used.machine ?? 0) / ((performance.now() - since) * availableParallelism());

/** The bare loop's turn. */
export async function limitTurn(limit: ManagedProcess, parts: Parts, seconds: number): Promise<Turn> {
  const since = performance.now();
  const before = readCpu(parts);
  const order: LimitOrder = { kind: 'loop', ms: seconds * 1000 };
  const { finished } = await limit.ask<LimitAnswer>(order);
  const used = cpuBetween(before, readCpu(parts));
  return {
    perSecond: finished / seconds,
    finished,
    bad: 0,
    reasons: [],
    cpu: perPrediction(used, finished),
    others: othersShare(used),
    busy: busyShare(used, since),
    latency: null,
    batchSizes: {},
  };
}

export interface LoadTurnOptions {
  readonly target: Target;
  readonly parts: Parts;
  readonly images: readonly Image[];
  readonly model: string;
  readonly users: number;
  readonly seconds: number;
}

/** A server's turn. CPU is counted from the first send to the last answer, ramp and end included. */
export async function loadTurn(options: LoadTurnOptions): Promise<Turn> {
  const { target, parts, images, model, users, seconds } = options;
  const since = performance.now();
  const before = readCpu(parts);
  const result = await runLoad({
    target,
    images,
    models: [model],
    load: { kind: 'users', users },
    rampS: RAMP_S,
    durationS: seconds,
    deadlineMs: DEADLINE_MS,
    distinct: true,
  });
  const used = cpuBetween(before, readCpu(parts));
  return {
    perSecond: result.perSecond,
    finished: result.answered,
    bad: result.failed + result.refused,
    reasons: result.reasons.map(({ reason }) => reason),
    cpu: perPrediction(used, Math.max(1, result.answered)),
    others: othersShare(used),
    busy: busyShare(used, since),
    latency: result.latency,
    batchSizes: result.batchSizes,
  };
}
