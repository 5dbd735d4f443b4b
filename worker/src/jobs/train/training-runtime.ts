/** ONNX Runtime for trainings: on CUDA where the worker has it, else on the CPU. */
import '../../inference/no-telemetry.js';
import { type Runtime, runtimeOf } from '@scry/onnx/gradients/trainer/runtime';
import { GraphBuilder } from '@scry/onnx/graph/builder';
import { writeGraph } from '@scry/onnx/graph/file';
import { emptyGraph } from '@scry/onnx/graph/graph';
import type { Config } from '@scry/shared/runtime/config';
import * as ort from 'onnxruntime-node';
import { loadReason } from '../../inference/engines/onnx-errors.js';
import { TrainingRefused } from './protocol.js';

/** A graph that does nothing: whether a device can be had shows when a session is made. */
function nothing(): Uint8Array {
  const builder = new GraphBuilder(emptyGraph());
  builder.output(builder.node('Identity', [builder.input('value', 'float32', [1])]), 'same');
  return writeGraph(builder.graph);
}

/**
 * @param device as for inference; ONNX Runtime has trainings' operations on CUDA and on the CPU
 * @param log told what it runs on, where that is not what was asked for first
 * @throws TrainingRefused when CUDA was asked for by name and is not there
 */
export async function trainingRuntime(
  device: Config['DEVICE'],
  threads: number,
  log: (line: string) => void,
): Promise<Runtime> {
  const on = (provider: 'cuda' | 'cpu') =>
    runtimeOf(ort, { intraOpNumThreads: threads, executionProviders: [provider] });
  if (device === 'cpu' || device === 'webgpu') return on('cpu');
  try {
    await (await on('cuda').session(nothing())).release();
    log('Runs on CUDA.');
    return on('cuda');
  } catch (error) {
    if (device === 'cuda')
      throw new TrainingRefused(
        `The worker has DEVICE=cuda, and CUDA cannot be used: ${loadReason(error)}. Set DEVICE=auto or DEVICE=cpu.`,
      );
    return on('cpu');
  }
}
