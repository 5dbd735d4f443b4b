/** What is read out of a benchmark: medians over its rounds, and the few numbers that have a budget. Pure. */
import { type Spread, spread } from '../load/latency.js';
import type { BenchResult, Contender, ModelResult, Round, Turn } from './result.js';

/** Parts of Scry, as the accounting names them, in the order of a prediction's way. */
export const SCRY_PARTS: readonly (readonly [string, string])[] = [
  ['api main', 'api: main thread'],
  ['api pool', 'api: files (libuv)'],
  ['api runtime', 'api: garbage collection and compiling'],
  ['api threads', 'api: other threads'],
  ['redis', 'Redis'],
  ['postgres', 'PostgreSQL, all processes'],
  ['worker main', 'worker: main thread'],
  ['worker runtime', 'worker: garbage collection and compiling'],
  ['worker pool', 'worker: decoding (libuv, libvips)'],
  ['worker threads', 'worker: inference threads'],
  ['client', 'client'],
];

const DECODE_AND_INFERENCE = ['worker pool', 'worker threads'];

/** CPU milliseconds per prediction that neither decode nor infer, the client left out. */
export function overheadMs(turn: Turn): number {
  return Object.entries(turn.cpu)
    .filter(([part]) => part !== 'client' && !DECODE_AND_INFERENCE.includes(part))
    .reduce((sum, [, ms]) => sum + ms, 0);
}

export function overRounds(model: ModelResult, pick: (round: Round) => number): Spread {
  return spread(model.rounds.map(pick));
}

export function throughput(model: ModelResult, contender: Contender): Spread {
  return overRounds(model, (round) => round[contender].perSecond);
}

/** Of the throughput of the bare loop in the same round. */
export function ratioToLimit(model: ModelResult, contender: Contender): Spread {
  return overRounds(model, (round) => round[contender].perSecond / round.limit.perSecond);
}

export interface Budget {
  readonly what: string;
  readonly budget: string;
  readonly measured: number;
  readonly met: boolean;
}

const RATIOS: Readonly<Record<string, number>> = { 'resnet-50': 0.9, 'mobilenet-v2': 0.75 };
const CLIENTS = [
  ['scry-poll', 'clients poll'],
  ['scry-wait', 'clients wait'],
] as const;
const OVERHEAD_MS = 1.5;
const UNLOADED_EXTRA_MS = 6;
const IDENTITY_PER_SECOND = 600;

function budgetsOf(model: ModelResult): Budget[] {
  const { model: name, unloaded } = model;
  const budgets: Budget[] = [];
  const ratio = RATIOS[name];
  for (const [contender, how] of ratio === undefined ? [] : CLIENTS) {
    const measured = ratioToLimit(model, contender).median;
    budgets.push({
      what: `${name}, ${how}: throughput, as a part of the limit's`,
      budget: `≥ ${ratio}`,
      measured,
      met: measured >= (ratio ?? 0),
    });
    const overhead = overRounds(model, (round) => overheadMs(round[contender])).median;
    budgets.push({
      what: `${name}, ${how}: CPU ms per prediction outside decoding and inference`,
      budget: `< ${OVERHEAD_MS}`,
      measured: overhead,
      met: overhead < OVERHEAD_MS,
    });
  }
  if (name === 'identity') {
    const measured = Math.max(throughput(model, 'scry-poll').median, throughput(model, 'scry-wait').median);
    budgets.push({
      what: 'identity: predictions per second',
      budget: `≥ ${IDENTITY_PER_SECOND}`,
      measured,
      met: measured >= IDENTITY_PER_SECOND,
    });
  }
  const extra = unloaded.answer.p50 - unloaded.bare.both.p50;
  budgets.push({
    what: `${name}: unloaded upload to answer beyond decoding and inference, p50 ms`,
    budget: `< ${UNLOADED_EXTRA_MS}`,
    measured: extra,
    met: extra < UNLOADED_EXTRA_MS,
  });
  return budgets;
}

export function budgets(result: BenchResult): Budget[] {
  return result.models.flatMap(budgetsOf);
}
