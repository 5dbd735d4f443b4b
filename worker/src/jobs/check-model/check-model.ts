/**
 * Checks a version in a process of its own, with limits on time, memory and what it may write, so that a file that crashes,
 * hangs or eats memory is rejected with a sentence and the worker lives on.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setInterval } from 'node:timers/promises';
import type { Checked } from '@scry/shared/database/model-versions';
import { childEnvironment } from '@scry/shared/runtime/child-environment';
import { threadFile } from '@scry/shared/runtime/thread-file';
import type { EngineModules } from '../../inference/engines/registry.js';
import type { ModelFiles, VersionContent } from '../../models/model-files.js';
import type { CheckReply, CheckRequest } from './check-process.js';

export interface CheckLimits {
  readonly timeoutMs: number;
  /** Resident memory of the process. */
  readonly memoryBytes: number;
}

/** How a version is loaded for its check. */
export interface CheckLoading {
  readonly engines: EngineModules;
  /** Folder of converted files. */
  readonly cache: string;
}

const PROCESS = threadFile(import.meta.url, './check-process.js');
const LOOK_EVERY_MS = 100;
/** A check reads models and writes next to nothing: more than this in one file is no check. */
const MOST_FILE_BLOCKS = 2 * 1024 * 1024; // of 512 bytes: 1 GiB
const MOST_OPEN_FILES = 512;

type Ended = { readonly reply: CheckReply } | { readonly failed: string };

/** Resident memory of a process, bytes; 0 once it has ended. */
async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''); // it has just ended
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

function start(): ChildProcess {
  const limits = `ulimit -n ${MOST_OPEN_FILES} -f ${MOST_FILE_BLOCKS}`;
  return spawn('/bin/sh', ['-c', `${limits}; exec "$0" "$@"`, process.execPath, PROCESS], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: childEnvironment(),
  });
}

/** Kills the process once it takes too much. @returns why, or null when it ended by itself */
async function watch(
  child: ChildProcess,
  { memoryBytes, timeoutMs }: CheckLimits,
  done: AbortSignal,
): Promise<string | null> {
  const deadline = performance.now() + timeoutMs;
  try {
    for await (const _ of setInterval(LOOK_EVERY_MS, undefined, { signal: done })) {
      if (performance.now() > deadline) return `the check took longer than ${Math.round(timeoutMs / 1000)} s`;
      if ((await residentBytes(child.pid ?? 0)) > memoryBytes)
        return `loading it takes more than ${Math.round(memoryBytes / 2 ** 20)} MiB of memory`;
    }
  } catch (error) {
    if (!done.aborted) throw error;
  }
  return null;
}

async function ask(child: ChildProcess, request: CheckRequest): Promise<Ended> {
  const reply = once(child, 'message').then(([message]): Ended => ({ reply: message as CheckReply }));
  const exit = once(child, 'exit').then(
    ([code, signal]): Ended => ({
      failed: `loading it made the process end (${signal ?? `exit code ${code}`})`,
    }),
  );
  child.send(request);
  const first = await Promise.race([reply, exit]);
  reply.catch(() => undefined); // it never comes when the process has ended
  return first;
}

/**
 * Checks one version.
 * @returns what was found; only faults of this machine throw, and the check may then be tried again
 */
export async function checkModel(
  version: VersionContent,
  files: ModelFiles,
  limits: CheckLimits,
  loading: CheckLoading,
): Promise<Checked> {
  const folder = await files.folder(version);
  const child = start();
  const done = new AbortController();
  const watching = watch(child, limits, done.signal).then((reason): Promise<Ended> | Ended => {
    if (reason === null) return new Promise(() => {}); // the other side of the race has the answer
    return { failed: reason };
  });
  try {
    const ended = await Promise.race([ask(child, { folder, ...loading }), watching]);
    return 'reply' in ended ? ended.reply : { ok: false, reason: `The model was rejected: ${ended.failed}.` };
  } finally {
    done.abort();
    child.kill('SIGKILL');
    await files.forget(version);
  }
}
