/** What a process that is started for one piece of work learns of this one's environment. */
import { tmpdir } from 'node:os';

/** Where libraries lie, which devices there are, how memory is taken. No settings: there are passwords in them. */
const KEPT =
  /^(LD_LIBRARY_PATH|CUDA_\w+|NVIDIA_\w+|MALLOC_\w+|UV_THREADPOOL_SIZE|LANG|LC_\w+|TZ|SystemRoot)$/;

/** @param env of this process; left out: the process's own @returns what a child may know of it */
export function childEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => KEPT.test(name));
  return { TMPDIR: tmpdir(), ...Object.fromEntries(kept) };
}
