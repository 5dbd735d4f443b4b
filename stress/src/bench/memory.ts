/** Memory of processes over time. Owns a timer between `start` and `stop`. */
import { familyMemoryMiB, memoryMiB } from '../proc/usage.js';

/** Reading what a process shares with others takes the kernel 10 ms and more: twice a second it took 3 % of two CPUs. */
const SAMPLE_MS = 3000;

/** MiB by part. */
export type MemoryReading = Readonly<Record<string, number>>;

export interface MemoryParts {
  readonly whole: Readonly<Record<string, readonly number[]>>;
  readonly families: Readonly<Record<string, readonly number[]>>;
}

export function readMemory({ whole, families }: MemoryParts): MemoryReading {
  const sum = (pids: readonly number[], read: (pid: number) => number) =>
    pids.reduce((total, pid) => total + read(pid), 0);
  return {
    ...Object.fromEntries(Object.entries(whole).map(([part, pids]) => [part, sum(pids, memoryMiB)])),
    ...Object.fromEntries(Object.entries(families).map(([part, pids]) => [part, sum(pids, familyMemoryMiB)])),
  };
}

/** The larger of each part. */
export function peak(one: MemoryReading, other: MemoryReading): MemoryReading {
  const parts = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...parts].map((part) => [part, Math.max(one[part] ?? 0, other[part] ?? 0)]));
}

export class PeakMemory {
  readonly #parts: MemoryParts;
  #peak: MemoryReading = {};
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: MemoryParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  /** @returns the most that each part had since `start` */
  stop(): MemoryReading {
    clearInterval(this.#timer);
    this.#sample();
    return this.#peak;
  }

  #sample(): void {
    this.#peak = peak(this.#peak, readMemory(this.#parts));
  }
}
