import type { Config } from '@scry/shared/runtime/config';

/** Settings with the number of threads decided. */
export type WorkerConfig = Config & { readonly WORKER_THREADS: number };
