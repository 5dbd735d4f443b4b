/** Whether this machine has a native library, without anything that would print or load more than it. */
import { oneLine } from '../../models/manifest-problem.js';

/**
 * True when the dynamic linker finds no such library. Loading it as an addon always fails, but for another reason when it
 * is there. Only Linux is asked; elsewhere nothing is said to be missing.
 */
export function lacksLibrary(name: string): boolean {
  if (process.platform !== 'linux') return false;
  try {
    process.dlopen({ exports: {} }, name);
    return false;
  } catch (error) {
    return /cannot open shared object/.test(oneLine(error));
  }
}
