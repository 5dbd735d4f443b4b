/** How busy the CPUs of this machine are, whoever uses them. */
import { cpus } from 'node:os';

export interface CpuTimes {
  /** Milliseconds of all CPUs together, since the machine started. */
  readonly busy: number;
  readonly idle: number;
}

export function readCpuTimes(): CpuTimes {
  let [busy, idle] = [0, 0];
  for (const { times } of cpus()) {
    busy += times.user + times.nice + times.sys + times.irq;
    idle += times.idle;
  }
  return { busy, idle };
}

/** Share of the time between two readings in which the CPUs were busy, 0 to 1. */
export function busyShare(before: CpuTimes, after: CpuTimes): number {
  const busy = after.busy - before.busy;
  const all = busy + after.idle - before.idle;
  return all > 0 ? busy / all : 0;
}
