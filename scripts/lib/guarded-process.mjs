/**
 * Child processes that never outlive their parent. A small shell watches a pipe whose other end the parent holds
 * and then becomes the command (so the process id, signals and exit code are the command's own). When the parent
 * dies, however hard, the pipe ends and the watcher sends the command its signal for a clean stop.
 *
 * Children run in a session of their own: Ctrl-C in a terminal reaches the parent only, which stops them in order.
 */
import { spawn } from 'node:child_process';

// The inner parentheses leave the watcher to init: a server must not find a child that it never made.
// Descriptor 9 holds the pipe, because Node's own channel to a child takes descriptor 3.
const WATCH = `
signal=$1; shift
exec 9<&0 </dev/null
( ( read -r _ <&9; kill -s "$signal" $$ ) >/dev/null 2>&1 & )
exec 9<&-
exec "$@"
`;

/**
 * @param {string} signal what the command understands as "stop cleanly", such as "TERM"
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, uid?: number, gid?: number, ipc?: boolean }} [options]
 * @returns {import('node:child_process').ChildProcess} with piped standard output and error
 */
export function spawnGuarded(signal, command, args, { ipc = false, ...options } = {}) {
  const child = spawn('/bin/sh', ['-c', WATCH, 'guard', signal, command, ...args], {
    ...options,
    detached: true,
    stdio: ipc ? ['pipe', 'pipe', 'pipe', 'ipc'] : ['pipe', 'pipe', 'pipe'],
  });
  child.stdin?.on('error', () => child.stdin?.destroy()); // the command ended first: nothing is written to it anyway
  return child;
}

/**
 * Waits for a process to end.
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<string>} how it ended: "exit code 1", "signal SIGKILL", or why it never started
 */
export function ended(child) {
  const how = (code, signal) => (signal ? `signal ${signal}` : `exit code ${code}`);
  if (child.exitCode !== null || child.signalCode !== null)
    return Promise.resolve(how(child.exitCode, child.signalCode));
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(how(code, signal)));
    child.once('error', (error) => resolve(error.message));
  });
}
