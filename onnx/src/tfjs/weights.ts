/** The weights of a TensorFlow.js model by name. Source: tfjs-core src/io/io_utils.ts (decodeWeights). */
import { DamagedFileError, quote } from '../errors.js';
import { float16ToFloat32 } from '../proto/float16.js';
import { arrayFromBytes, type NumericTensor, sizeOf, type Tensor, tensor } from '../proto/tensor.js';
import type { ModelFiles } from '../readers/reader.js';
import { isObject, type Json, type ModelJson, type WeightGroup } from './model-json.js';

const MOST_AXES = 8;

/** How the values of each dtype lie in the file. */
const STORED = { float32: 'float32', int32: 'int32', bool: 'bool', uint8: 'uint8' } as const;
const QUANTIZED = { uint8: 'uint8', uint16: 'uint16', float16: 'float16' } as const;

function shapeOf(spec: Json): number[] {
  const shape = spec.shape;
  const whole = Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!whole || shape.length > MOST_AXES || !Number.isSafeInteger(sizeOf(shape)))
    throw new DamagedFileError(`The weight ${quote(spec.name)} has no possible shape.`);
  return shape as number[];
}

/** The bytes of one group's files, in order. */
function joined(group: WeightGroup, files: ModelFiles): Uint8Array {
  const parts = group.paths.map((path) => {
    const found = files.get(path) ?? files.get(path.split(/[\\/]/).at(-1) as string);
    if (found) return found;
    throw new DamagedFileError(`The weights file ${quote(path)}, which model.json names, is missing.`);
  });
  if (parts.length === 1) return parts[0] as Uint8Array;
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Reads weights one behind the other. Owns the place up to which the group was read. */
class GroupReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  #take(count: number, name: unknown): Uint8Array {
    const left = this.#bytes.length - this.#at;
    if (count > left)
      throw new DamagedFileError(
        `The weights files end in ${quote(name)}, which needs ${count} bytes of which ${left} are left: they were cut off.`,
      );
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  read(spec: Json): Tensor {
    const dims = shapeOf(spec);
    if (spec.dtype === 'string') return this.#strings(spec, dims);
    if (isObject(spec.quantization)) return this.#quantized(spec, dims, spec.quantization);
    const type = STORED[spec.dtype as keyof typeof STORED];
    if (!type)
      throw new DamagedFileError(
        `The weight ${quote(spec.name)} has the unknown dtype ${quote(spec.dtype)}.`,
      );
    const width = type === 'float32' || type === 'int32' ? 4 : 1;
    const values = arrayFromBytes(type, this.#take(sizeOf(dims) * width, spec.name));
    return tensor(type, dims, values);
  }

  #quantized(spec: Json, dims: number[], quantization: Json): NumericTensor {
    const type = QUANTIZED[quantization.dtype as keyof typeof QUANTIZED];
    if (!type || (type === 'float16' && spec.dtype !== 'float32'))
      throw new DamagedFileError(`The weight ${quote(spec.name)} is quantized in an unknown way.`);
    const bytes = this.#take(sizeOf(dims) * (type === 'uint8' ? 1 : 2), spec.name);
    const stored = arrayFromBytes(type, bytes) as Uint8Array | Uint16Array;
    if (type === 'float16') return tensor('float32', dims, float16ToFloat32(stored as Uint16Array));
    const { scale, min } = quantization;
    if (typeof scale !== 'number' || typeof min !== 'number')
      throw new DamagedFileError(`The quantized weight ${quote(spec.name)} has no scale or min.`);
    const values = new Float64Array(stored.length);
    for (let at = 0; at < values.length; at++) values[at] = (stored[at] as number) * scale + min;
    if (spec.dtype === 'int32') return tensor('int32', dims, new Int32Array(values.map(Math.round)));
    return tensor('float32', dims, new Float32Array(values));
  }

  #strings(spec: Json, dims: number[]): Tensor {
    const data: Uint8Array[] = [];
    for (let index = 0; index < sizeOf(dims); index++) {
      const head = this.#take(4, spec.name);
      const length = new DataView(head.buffer, head.byteOffset).getUint32(0, true);
      data.push(this.#take(length, spec.name));
    }
    return { type: 'string', dims, data };
  }
}

/**
 * All weights by name; quantized ones as the numbers that they stand for.
 * @throws DamagedFileError for missing, short or damaged files
 */
export function readWeights({ groups }: ModelJson, files: ModelFiles): Map<string, Tensor> {
  const weights = new Map<string, Tensor>();
  for (const group of groups) {
    const reader = new GroupReader(joined(group, files));
    for (const spec of group.weights) {
      if (typeof spec.name !== 'string')
        throw new DamagedFileError('The weightsManifest lists a weight without a name.');
      weights.set(spec.name, reader.read(spec));
    }
  }
  return weights;
}
