import { ConversionError } from '../errors.js';
import { arrayOf, type ElementType, type NumericArray, type NumericType } from './element-type.js';
import { float16ToFloat32 } from './float16.js';

/** A constant of a graph. Elements in row-major order; float16 and bfloat16 as their 16 bits, bool as 0 and 1. */
export interface NumericTensor {
  readonly type: NumericType;
  readonly dims: readonly number[];
  readonly data: NumericArray;
}

export interface StringTensor {
  readonly type: 'string';
  readonly dims: readonly number[];
  readonly data: readonly Uint8Array[];
}

export type Tensor = NumericTensor | StringTensor;

/** Number of elements of a shape. */
export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1);
}

/** @throws ConversionError when data and dims disagree */
export function tensor(type: NumericType, dims: readonly number[], data: NumericArray): NumericTensor {
  if (sizeOf(dims) !== data.length)
    throw new ConversionError(`A tensor of shape [${dims}] cannot hold ${data.length} elements.`);
  return { type, dims, data };
}

/** A float32 tensor; `dims` is one-dimensional unless given. */
export function float32(
  values: readonly number[] | Float32Array,
  dims: readonly number[] = [values.length],
): NumericTensor {
  return tensor('float32', dims, values instanceof Float32Array ? values : Float32Array.from(values));
}

/** An int64 tensor; `dims` is one-dimensional unless given. */
export function int64(values: readonly number[], dims: readonly number[] = [values.length]): NumericTensor {
  return tensor('int64', dims, BigInt64Array.from(values, BigInt));
}

/** A float32 tensor without dimensions. */
export function scalar(value: number): NumericTensor {
  return float32([value], []);
}

/** The values as float32 numbers, whatever the tensor's numeric type. @throws ConversionError for strings */
export function toFloat32(source: Tensor): Float32Array {
  if (source.data instanceof Float32Array) return source.data;
  if (source.type === 'string') throw new ConversionError('A tensor of strings cannot be read as numbers.');
  if (source.type === 'float16') return float16ToFloat32(source.data as Uint16Array);
  if (source.type === 'bfloat16')
    return new Float32Array(Uint32Array.from(source.data as Uint16Array, (bits) => bits << 16).buffer);
  return Float32Array.from(source.data as ArrayLike<number | bigint>, Number);
}

/** The values as JavaScript numbers, for shapes, axes and pads. Integers beyond 2^53 are clamped to it. */
export function toNumbers(source: Tensor): number[] {
  if (source.type === 'float16' || source.type === 'bfloat16') return [...toFloat32(source)];
  return Array.from(source.data as ArrayLike<number | bigint>, (value) => clampToSafe(Number(value)));
}

export function clampToSafe(value: number): number {
  if (Number.isSafeInteger(value) || !Number.isInteger(value)) return value;
  return value > 0 ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER;
}

export function isNumeric(type: ElementType): type is NumericType {
  return type !== 'string';
}

/** A tensor's elements over little-endian bytes, copied only where the bytes are not aligned. */
export function arrayFromBytes(type: NumericType, bytes: Uint8Array): NumericArray {
  const ArrayType = arrayOf(type);
  const width = ArrayType.BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  return new ArrayType(
    aligned.buffer as ArrayBuffer,
    aligned.byteOffset,
    Math.floor(aligned.byteLength / width),
  );
}
