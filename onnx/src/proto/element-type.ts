/** Element types of ONNX tensors, by their numbers in onnx.proto (TensorProto.DataType). */
const NAMES = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
  16: 'bfloat16',
} as const;

export type ElementType = (typeof NAMES)[keyof typeof NAMES];

const NUMBERS = new Map(Object.entries(NAMES).map(([number, name]) => [name, Number(number)]));

/** Name of an element type, or undefined for types that this library does not know. */
export function elementTypeOf(number: number): ElementType | undefined {
  return (NAMES as Record<number, ElementType>)[number];
}

export function numberOfElementType(type: ElementType): number {
  return NUMBERS.get(type) as number;
}

const ARRAYS = {
  float32: Float32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  float16: Uint16Array,
  float64: Float64Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bfloat16: Uint16Array,
} as const;

export type NumericType = keyof typeof ARRAYS;
export type NumericArray =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigInt64Array
  | BigUint64Array;

/** Array class of a type; float16 and bfloat16 are held as their 16 bits. */
export function arrayOf(type: NumericType): (typeof ARRAYS)[NumericType] {
  return ARRAYS[type];
}
