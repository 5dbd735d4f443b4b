/** What a training needs of ONNX Runtime, so that whoever trains brings the package and its settings. */

export type TensorData = Float32Array | BigInt64Array;

/** A tensor of onnxruntime-common, as far as training reads it. */
export interface RuntimeTensor {
  readonly data: unknown;
  readonly dims: readonly number[];
}

export interface RuntimeSession {
  /** @param fetches outputs by name; null, or a tensor that the result is written into */
  run(
    feeds: Record<string, RuntimeTensor>,
    fetches: Record<string, RuntimeTensor | null>,
  ): Promise<Record<string, RuntimeTensor>>;
  release(): Promise<void>;
}

export interface Runtime {
  session(model: Uint8Array): Promise<RuntimeSession>;
  tensor(type: 'float32' | 'int64', data: TensorData, dims: readonly number[]): RuntimeTensor;
}

/** The numbers of a float32 output that was asked for. */
export const numbersOf = (tensor: RuntimeTensor | undefined): Float32Array =>
  (tensor as RuntimeTensor).data as Float32Array;

interface Package {
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<unknown> };
  readonly Tensor: new (type: never, data: never, dims: readonly number[]) => unknown;
}

/**
 * A runtime made of the package onnxruntime-node or onnxruntime-web.
 * @param options of its sessions. Idle threads that spin cost CPU time and gain nothing on small networks, so they do
 * not spin unless `extra` says so; the number of threads is part of what makes a result repeatable.
 */
export function runtimeOf(ort: Package, options: Readonly<Record<string, unknown>> = {}): Runtime {
  const settings = {
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    ...options,
  };
  return {
    session: async (model) => (await ort.InferenceSession.create(model, settings)) as RuntimeSession,
    tensor: (type, data, dims) => new ort.Tensor(type as never, data as never, dims) as RuntimeTensor,
  };
}
