/** CPU milliseconds by part of a measured system, as the operating system counts them. */
import { readFileSync } from 'node:fs';
import { familyCpuMs, machineBusyMs, processCpuMs, threadCpuMs, threadNames } from '../proc/usage.js';

/** CPU milliseconds used so far, by part. */
export type CpuReading = Readonly<Record<string, number>>;

/** What a measured system's processes are. */
export interface Parts {
  /** Processes whose threads are told apart: "api", "worker", "limit". */
  readonly node: Readonly<Record<string, readonly number[]>>;
  /** Processes taken whole. */
  readonly whole: Readonly<Record<string, readonly number[]>>;
  /** Processes with all their children. */
  readonly families: Readonly<Record<string, readonly number[]>>;
  /** Written by `preload/name-threads.cjs`. */
  readonly threadsFile: string;
}

/** What a thread is for. libvips and ONNX Runtime make threads of their own, which name themselves or not at all. */
function purpose(role: string | undefined, name: string): string {
  if (role === 'pool' || name.includes('vips')) return 'pool';
  return role === 'main' || role === 'runtime' ? role : 'threads';
}

function readRoles(file: string): Map<string, string> {
  const roles = new Map<string, string>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [pid, thread, role] = line.split(' ');
    if (role) roles.set(`${pid} ${thread}`, role);
  }
  return roles;
}

/** Reads every part's CPU time, that of this process as "client", and that of the whole machine. */
export function readCpu(parts: Parts): CpuReading {
  const reading: Record<string, number> = {};
  const add = (part: string, ms: number) => {
    reading[part] = (reading[part] ?? 0) + ms;
  };
  const roles = readRoles(parts.threadsFile);
  for (const [part, pids] of Object.entries(parts.node)) {
    for (const pid of pids) {
      const names = threadNames(pid);
      for (const [thread, ms] of threadCpuMs(pid)) {
        add(`${part} ${purpose(roles.get(`${pid} ${thread}`), names.get(thread) ?? '')}`, ms);
      }
    }
  }
  for (const [part, pids] of Object.entries(parts.whole))
    for (const pid of pids) add(part, processCpuMs(pid));
  for (const [part, pids] of Object.entries(parts.families))
    for (const pid of pids) add(part, familyCpuMs(pid));
  const { user, system } = process.cpuUsage();
  add('client', (user + system) / 1000);
  add('machine', machineBusyMs());
  return reading;
}

/** What was used between two readings; parts that used nothing are left out. */
export function cpuBetween(before: CpuReading, after: CpuReading): CpuReading {
  const used: Record<string, number> = {};
  for (const [part, ms] of Object.entries(after)) {
    const spent = ms - (before[part] ?? 0);
    if (spent > 0) used[part] = spent;
  }
  return used;
}
