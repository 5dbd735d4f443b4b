/** One child process of a measured system: started, waited for until it is ready, stopped in order. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ended, spawnGuarded } from '../../../scripts/lib/guarded-process.mjs';

export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  /** Where it says that it listens, over Node's channel; null where it does not say. */
  readonly port: number | null;
  /**
   * Sends a message over Node's channel and waits for the next one that comes back.
   * @throws Error when the process ends instead
   */
  ask<Answer>(message: object): Promise<Answer>;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** What it prints when it is ready; left out: it says so over Node's channel. */
  readonly readyLine?: RegExp;
  /** Its output goes to `<name>.log` here. */
  readonly logFolder: string;
}

const START_TIMEOUT_MS = 120_000;

/**
 * Starts a process and waits until it is ready. It never outlives this one.
 * @throws Error with its last words when it ends or stays silent instead
 */
export async function startProcess(options: StartOptions): Promise<ManagedProcess> {
  const { name, command, args, env, readyLine, logFolder } = options;
  await mkdir(logFolder, { recursive: true });
  const child = spawnGuarded('TERM', command, args, { env: { ...process.env, ...env }, ipc: !readyLine });
  const log = createWriteStream(path.join(logFolder, `${name}.log`));
  const last: string[] = [];
  const end = ended(child);
  let port: number | null = null;
  let timer: NodeJS.Timeout | undefined;
  const ready = new Promise<'ready' | 'silent'>((resolve) => {
    timer = setTimeout(() => resolve('silent'), START_TIMEOUT_MS);
    child.on('message', (message: 'ready' | { readonly port?: number }) => {
      if (message === 'ready') resolve('ready');
      else port ??= message.port ?? null;
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      stream.pipe(log, { end: false });
      createInterface({ input: stream }).on('line', (line) => {
        if (last.push(line) > 10) last.shift();
        if (readyLine?.test(line)) resolve('ready');
      });
    }
  });
  const outcome = await Promise.race([ready, end]);
  clearTimeout(timer);
  const stop = async () => {
    child.kill('SIGTERM');
    await end;
    log.end();
  };
  if (outcome !== 'ready' || child.pid === undefined) {
    await stop();
    throw new Error(`${name} did not start (${outcome}). Its last words:\n  ${last.join('\n  ')}`);
  }
  const ask = async <Answer>(message: object): Promise<Answer> => {
    const answer = once(child, 'message') as Promise<[Answer]>;
    child.send(message);
    const first = await Promise.race([answer, end]);
    if (typeof first === 'string') throw new Error(`${name} ended (${first}): ${last.join('\n')}`);
    return first[0];
  };
  return { name, pid: child.pid, port, ask, stop };
}

/** A port on loopback that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
