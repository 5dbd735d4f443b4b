/** A worker as any other, whose engine is the simulated device. */
import { runWorker } from '@scry/worker/run';

await runWorker(process.env, { onnx: new URL('./simulated-device.js', import.meta.url).href });
