import { type Converted, convert } from '@scry/onnx/convert';
import * as ort from 'onnxruntime-node';
import type { Array3 } from './compute.js';
import type { Recording } from './recording.js';

/** Runs a converted model on one image and gives out the numbers of each output. */
export async function runOnnx(onnx: Uint8Array, images: readonly Array3[]): Promise<Float32Array[]> {
  const session = await ort.InferenceSession.create(onnx, { logSeverityLevel: 3 });
  try {
    const feeds = session.inputNames.map((name, index) => {
      const { shape, data } = images[index] as Array3;
      return [name, new ort.Tensor('float32', data, [1, ...shape])];
    });
    const answers = await session.run(Object.fromEntries(feeds));
    return session.outputNames.map((name) => answers[name]?.data as Float32Array);
  } finally {
    await session.release();
  }
}

/** Converts a file of a recorded model and says how far its answer is from the right one at most, relative to it. */
export async function errorOf(
  model: Recording,
  name: string,
  bytes: Uint8Array,
): Promise<Converted & { readonly error: number }> {
  const converted = await convert(new Map([[name, bytes]]));
  const answers = await runOnnx(
    converted.onnx,
    model.inputs.map(({ value }) => value),
  );
  let error = 0;
  for (const [index, { value }] of model.outputs.entries()) {
    const answer = answers[index] as Float32Array;
    if (answer.length !== value.data.length) return { ...converted, error: Number.POSITIVE_INFINITY };
    const largest = value.data.reduce((most, number) => Math.max(most, Math.abs(number)), 1);
    for (const [at, number] of value.data.entries())
      error = Math.max(error, Math.abs(number - (answer[at] as number)) / largest);
  }
  return { ...converted, error };
}
