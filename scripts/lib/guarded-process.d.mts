import type { ChildProcess } from 'node:child_process';

export interface GuardedOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly ipc?: boolean;
}

export function spawnGuarded(
  signal: string,
  command: string,
  args: readonly string[],
  options?: GuardedOptions,
): ChildProcess;

export function ended(child: ChildProcess): Promise<string>;
