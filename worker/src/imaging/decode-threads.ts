/**
 * How many images are decoded at a time: sharp decodes on libuv's threads, of which there are four unless the environment
 * says otherwise before the first of them starts. So this is the first import of the worker, and has no imports that read
 * files by themselves. (Under npm start the launcher says it: before Node 22 modules were loaded on these threads.)
 */
import { grantedCpus } from '@scry/shared/runtime/cpus';

const LIBUV_DEFAULT = 4;

process.env.UV_THREADPOOL_SIZE ??= String(Math.max(LIBUV_DEFAULT, grantedCpus()));
