/** Starts the process of a training, with lower priority than whatever predicts on this machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { childEnvironment } from '@scry/shared/runtime/child-environment';
import { threadFile } from '@scry/shared/runtime/thread-file';
import type { FromProcess, ToProcess, TrainRequest } from './protocol.js';

const PROCESS = threadFile(import.meta.url, './process.js');
const MOST_WORDS = 2000;

export interface TrainingProcess {
  /** How it ended: its last message, or a sentence of how the process ended without one. */
  readonly ended: Promise<Extract<FromProcess, { kind: 'done' | 'failed' }> | { readonly died: string }>;
  /** Ends it between two steps, with what is best so far. */
  stop(): void;
  kill(): void;
  /** Stops it where it is, until it goes on. On Windows it goes on. */
  rest(): void;
  goOn(): void;
}

function send(child: ChildProcess, message: ToProcess): void {
  child.send(message, () => undefined); // a process that ended says so by itself
}

/** @param onMessage told of everything but the end */
export function startTrainingProcess(
  request: TrainRequest,
  onMessage: (message: FromProcess) => void,
): TrainingProcess {
  const child = spawn(process.execPath, [PROCESS], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...childEnvironment(), UV_THREADPOOL_SIZE: String(Math.max(4, request.threads)) },
  });
  if (child.pid !== undefined) lowerPriority(child.pid);
  let words = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-MOST_WORDS);
  });
  const ended: TrainingProcess['ended'] = new Promise((resolve) => {
    child.on('message', (message: FromProcess) => {
      if (message.kind === 'done' || message.kind === 'failed') resolve(message);
      else onMessage(message);
    });
    child.once('error', ({ message }) => resolve({ died: message }));
    child.once('close', (code, signal) => {
      const said = /^(\w*Error: .*)$/m.exec(words)?.[1];
      resolve({ died: `${signal ?? `exit code ${code}`}${said ? `, ${said}` : ''}` });
    });
  });
  send(child, request);
  let resting = false;
  const turn = (rest: boolean) => {
    if (rest === resting || process.platform === 'win32') return;
    resting = rest;
    child.kill(rest ? 'SIGSTOP' : 'SIGCONT');
  };
  return {
    ended,
    stop: () => send(child, { kind: 'stop' }),
    kill: () => child.kill('SIGKILL'),
    rest: () => turn(true),
    goOn: () => turn(false),
  };
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended already, which is noticed where it is waited for.
  }
}
