/** A worker whose ONNX engine is the faulty one beside this file. */
import { runWorker } from '../../../worker/dist/run.js';

await runWorker(process.env, { onnx: new URL('./faulty.mjs', import.meta.url).href });
