/** Giving back the memory of large images at once. */
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | null = null;

/**
 * Frees what this thread holds no more. libvips' pixels lie outside V8's heap: a thread that rests after a large image
 * would keep 150 MB for as long as it rests. Takes some milliseconds.
 */
export async function collectGarbage(): Promise<void> {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
  await setImmediate(); // native memory is freed by finalizers, which wait for their turn
}
