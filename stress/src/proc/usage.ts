/**
 * What processes use, from Linux's own accounting under /proc. Times are CPU milliseconds, user and system together.
 * Source of the fields: proc_pid_stat(5), proc_pid_smaps(5).
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

function ticksPerSecond(): number {
  return Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
}

let msPerTick: number | null = null;

function toMs(ticks: number): number {
  msPerTick ??= 1000 / ticksPerSecond();
  return ticks * msPerTick;
}

/** The file's text, or null when its process or thread is gone. */
function readGone(file: string): string | null {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
}

export interface Stat {
  readonly command: string;
  readonly parent: number;
  readonly ownTicks: number;
  /** Of children that have ended and were waited for. */
  readonly childTicks: number;
}

/** Reads the text of a `stat` file. A command may hold spaces and brackets, so fields are counted after its last ")". */
export function parseStat(text: string): Stat {
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]); // proc(5) counts from 1; the state is number 3
  return {
    command: text.slice(text.indexOf('(') + 1, close),
    parent: field(4),
    ownTicks: field(14) + field(15),
    childTicks: field(16) + field(17),
  };
}

/** CPU time of a process with all its threads; 0 when it is gone. */
export function processCpuMs(pid: number): number {
  const text = readGone(`/proc/${pid}/stat`);
  return text === null ? 0 : toMs(parseStat(text).ownTicks);
}

function children(pid: number): number[] {
  const found: number[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const text = readGone(`/proc/${name}/stat`);
    if (text !== null && parseStat(text).parent === pid) found.push(Number(name));
  }
  return found;
}

/** A process and its children that live. */
export function family(pid: number): number[] {
  return [pid, ...children(pid)];
}

/** CPU time of a process, its children, and its children that have ended: all of a PostgreSQL server. */
export function familyCpuMs(pid: number): number {
  const text = readGone(`/proc/${pid}/stat`);
  if (text === null) return 0;
  const { ownTicks, childTicks } = parseStat(text);
  return children(pid).reduce((sum, child) => sum + processCpuMs(child), toMs(ownTicks + childTicks));
}

/** CPU time of each thread of a process, by thread id. */
export function threadCpuMs(pid: number): Map<number, number> {
  const times = new Map<number, number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const text = readGone(`/proc/${pid}/task/${thread}/stat`);
    if (text !== null) times.set(Number(thread), toMs(parseStat(text).ownTicks));
  }
  return times;
}

const PAUSE = new Int32Array(new SharedArrayBuffer(4));

/**
 * CPU time of this process' main thread, exact where the times above come in ticks of 10 ms. What its other threads do,
 * such as collecting garbage of an earlier step, is not in it.
 */
export function mainThreadCpuMs(): number {
  Atomics.wait(PAUSE, 0, 0, 0.01); // the kernel counts up to the last time that the thread rested
  const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ');
  return Number(nanoseconds) / 1e6;
}

/** Names that the threads of a process gave themselves, by thread id. */
export function threadNames(pid: number): Map<number, string> {
  const names = new Map<number, string>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const name = readGone(`/proc/${pid}/task/${thread}/comm`);
    if (name !== null) names.set(Number(thread), name.trim());
  }
  return names;
}

/** CPU time of everything on the machine since it started: user, nice, system, interrupts; not idle, waiting or stolen. */
export function machineBusyMs(): number {
  const [, user, nice, system, , , hardware, software] = readFileSync('/proc/stat', 'latin1').split(/\s+/);
  return toMs([user, nice, system, hardware, software].reduce((sum, ticks) => sum + Number(ticks), 0));
}

/** Memory of a process, MiB, with what it shares divided among those who share it; 0 when it is gone. */
export function memoryMiB(pid: number): number {
  const text = readGone(`/proc/${pid}/smaps_rollup`);
  const kib = text === null ? null : /^Pss:\s+(\d+) kB/m.exec(text);
  return kib ? Number(kib[1]) / 1024 : 0;
}

/** Memory of a process and its children, MiB. */
export function familyMemoryMiB(pid: number): number {
  return family(pid).reduce((sum, member) => sum + memoryMiB(member), 0);
}
