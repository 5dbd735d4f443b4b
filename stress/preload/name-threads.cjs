/**
 * Loaded before a measured process's own code (`node --require`): writes down which of its threads is which, so that
 * their CPU time can be told apart. Linux shows threads by number; `/proc/thread-self` is the number of whoever asks.
 *
 * Appends lines "number role" to the file that SCRY_THREADS_FILE names: "main", "pool" (libuv: files and decoding),
 * "runtime" (V8: garbage collection, compiling) and "thread" (a worker_thread: inference).
 */
const { appendFileSync, readFile, readdirSync, readlinkSync } = require('node:fs');
const path = require('node:path');
const { isMainThread } = require('node:worker_threads');

const file = process.env.SCRY_THREADS_FILE;
const own = path.basename(readlinkSync('/proc/thread-self'));
const roles = new Map([[own, isMainThread ? 'main' : 'thread']]);

if (isMainThread) {
  const before = new Set(readdirSync('/proc/self/task'));
  for (const id of before) if (id !== own) roles.set(id, 'runtime');
  readFile(__filename, () => undefined); // libuv makes all threads of its pool at their first use
  for (const id of readdirSync('/proc/self/task')) if (!before.has(id)) roles.set(id, 'pool');
}

appendFileSync(file, [...roles].map(([id, role]) => `${process.pid} ${id} ${role}\n`).join(''));
