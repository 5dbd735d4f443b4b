/** A worker whose ONNX engine is the slow-loading one beside this file. */
import { runWorker } from '../../../worker/dist/run.js';

await runWorker(process.env, { onnx: new URL('./slow-loading.mjs', import.meta.url).href });
