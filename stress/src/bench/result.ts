/** What a benchmark measured, as it is kept in JSON and compared later. */
import type { LatencySummary } from '../load/latency.js';
import type { Machine } from '../report/machine.js';
import type { MemoryReading } from './memory.js';
import type { ResamplingRow } from './resampling.js';

/** Who is measured: the bare loop; Scry with clients that poll, and that wait; the plain server with clients that poll. */
export const CONTENDERS = ['limit', 'scry-poll', 'scry-wait', 'baseline'] as const;
export type Contender = (typeof CONTENDERS)[number];

/** One contender's turn in one round. */
export interface Turn {
  readonly perSecond: number;
  readonly finished: number;
  /** Failed and refused. */
  readonly bad: number;
  readonly reasons: readonly string[];
  /** CPU milliseconds per prediction by part. */
  readonly cpu: Readonly<Record<string, number>>;
  /** Share of the machine's CPU time that was used by nobody who is measured, 0 to 1. */
  readonly others: number;
  /** Share of the CPUs' time that was used, 0 to 1; missing in results of earlier versions. */
  readonly busy?: number;
  readonly latency: LatencySummary | null;
  readonly batchSizes: Readonly<Record<number, number>>;
}

export type Round = Readonly<Record<Contender, Turn>>;

/** One client, one image at a time; milliseconds. */
export interface Unloaded {
  /** Decoding and inferring in the bare loop. */
  readonly bare: {
    readonly decode: LatencySummary;
    readonly inference: LatencySummary;
    readonly both: LatencySummary;
  };
  /** Upload to answer with `Prefer: wait`. */
  readonly answer: LatencySummary;
  /** As Scry counts them. */
  readonly stages: Readonly<Record<string, LatencySummary>>;
  /** Upload to acceptance, by a client that does not wait. */
  readonly accepted: LatencySummary;
}

export interface ModelResult {
  readonly model: string;
  readonly users: number;
  readonly rounds: readonly Round[];
  readonly unloaded: Unloaded;
}

export interface BenchResult {
  readonly machine: Machine;
  readonly settings: { readonly seconds: number; readonly pollMs: number; readonly images: string };
  readonly models: readonly ModelResult[];
  /** MiB. */
  readonly memory: { readonly atRest: MemoryReading; readonly peak: MemoryReading };
  /** The first is "fast". */
  readonly resampling: readonly ResamplingRow[];
}
