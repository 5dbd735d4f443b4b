/** The worker process: loads models, consumes their queues, and drains when asked to stop. */
import './imaging/decode-threads.js';
import { runWorker } from './run.js';

await runWorker(process.env);
