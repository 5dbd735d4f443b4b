/**
 * The contract that every engine keeps. An engine knows tensors and devices; it knows nothing of images,
 * labels, queues or rows. It runs inside an inference thread, so `run` may block.
 */
import type { EngineName } from '@scry/shared/models/model-folders';
import type { LoadableModel } from '../../models/conversion/plan.js';

export type Device = 'cpu' | 'webgpu' | 'cuda';

export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | BigInt64Array;

/** What pixels may be given as: int8 is what uint8 is, less 128. */
export type InputType = 'float32' | 'uint8' | 'int8';
export type BatchData = Float32Array | Uint8Array | Int8Array;

/** Values with their shape, row-major; `dims[0]` is the batch where the model has one. */
export interface Tensor {
  readonly dims: readonly number[];
  readonly data: TensorData;
}

/** A model's outputs by name. */
export type Outputs = ReadonlyMap<string, Tensor>;

/** What a model file says of its input. `null` stands for a dimension that is free. */
export interface InputDescription {
  readonly name: string;
  readonly dims: readonly (number | null)[];
  readonly type: InputType;
}

export interface LoadedModel {
  readonly device: Device;
  /** For people: which library and backend it really runs on, such as "onnxruntime 1.30 cpu". */
  readonly runtime: string;
  readonly input: InputDescription;
  readonly outputs: readonly string[];
  /**
   * Runs one batch.
   * @param input pixels as the manifest says, `[n, …]` in the model's layout; not kept after the call
   * @param dims shape of `input`, the batch first
   * @param outputNames names of the outputs to return; the others need not be copied
   * @returns outputs by name; the values belong to the caller
   * @throws Error with the engine's own words when the run fails
   */
  run(input: BatchData, dims: readonly number[], outputNames: readonly string[]): Promise<Outputs>;
  /**
   * Gives back the memory that runs have left behind, where the engine keeps any. Not to be called during a run.
   * @throws Error with the engine's own words; the model cannot be used then, only disposed of
   */
  releaseMemory?(): Promise<void>;
  dispose(): Promise<void>;
}

export interface LoadOptions {
  /** What was asked for; `auto` tries the best first. */
  readonly device: Device | 'auto';
  /** CPU threads that one run may use. */
  readonly intraOpThreads: number;
  /** Told in one sentence why a device that was tried is not used. */
  readonly onFallback: (sentence: string) => void;
  /** Told of each device, or library for one, that this machine lacks, with the reason: the same for every model. */
  readonly onAbsent: (device: string, reason: string) => void;
}

export interface Engine {
  readonly name: EngineName;
  /**
   * Loads one model.
   * @throws Error with a sentence naming the file and what is wrong with it
   */
  load(model: LoadableModel, options: LoadOptions): Promise<LoadedModel>;
  /** Tensors that the engine holds now, where it counts them: a number that grows without end is a leak. */
  liveTensors?(): number;
}
