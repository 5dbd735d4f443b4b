/** What was measured on: figures mean nothing without it. */
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { grantedCpus } from '@scry/shared/runtime/cpus';

export interface Machine {
  readonly cpu: string;
  readonly cpus: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** ISO 8601. */
  readonly date: string;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cpus: grantedCpus(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    date: new Date().toISOString(),
  };
}

/** The machine in one sentence. */
export function machineSentence(machine: Machine): string {
  const { cpu, cpus: count, memoryGiB, system, node, date } = machine;
  return `${date.slice(0, 16).replace('T', ' ')} UTC, ${count} CPUs (${cpu}), ${memoryGiB} GiB, ${system}, Node ${node}.`;
}
