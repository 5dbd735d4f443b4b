import proto, { type onnx as Onnx } from 'onnx-proto';
import { ConversionError, quote } from '../errors.js';
import { arrayOf, elementTypeOf, type NumericType, numberOfElementType } from './element-type.js';
import { arrayFromBytes, sizeOf, type Tensor } from './tensor.js';

const { onnx } = proto;

type Long = { readonly low: number; readonly high: number; readonly unsigned: boolean };

/** A 64-bit field of protobufjs, which is a number or a Long, as a bigint. */
export function bigintOf(value: number | Long): bigint {
  if (typeof value === 'number') return BigInt(Math.trunc(value));
  const bits = (BigInt(value.high >>> 0) << 32n) | BigInt(value.low >>> 0);
  return value.unsigned ? bits : BigInt.asIntN(64, bits);
}

function checkedDims(source: Onnx.ITensorProto): number[] {
  const dims = (source.dims ?? []).map((size) => Number(bigintOf(size as number | Long)));
  const total = sizeOf(dims);
  if (dims.length > 64 || dims.some((size) => size < 0) || !Number.isSafeInteger(total))
    throw new ConversionError(
      `The tensor ${quote(source.name)} claims the impossible shape [${dims.slice(0, 8)}].`,
    );
  return dims;
}

function listed(source: Onnx.ITensorProto, type: NumericType): ArrayLike<number | Long> {
  if (type === 'float32') return source.floatData ?? [];
  if (type === 'float64') return source.doubleData ?? [];
  if (type === 'int64') return (source.int64Data ?? []) as (number | Long)[];
  if (type === 'uint64' || type === 'uint32') return (source.uint64Data ?? []) as (number | Long)[];
  return source.int32Data ?? [];
}

function numericData(source: Onnx.ITensorProto, type: NumericType, count: number) {
  const ArrayType = arrayOf(type);
  if (source.rawData && source.rawData.length > 0) {
    if (source.rawData.length !== count * ArrayType.BYTES_PER_ELEMENT) return undefined;
    return arrayFromBytes(type, source.rawData);
  }
  const values = listed(source, type);
  if (values.length !== count) return undefined;
  if (type === 'int64') return BigInt64Array.from(values, bigintOf);
  if (type === 'uint64') return BigUint64Array.from(values, (value) => BigInt.asUintN(64, bigintOf(value)));
  const Numbers = ArrayType as typeof Float32Array;
  if (type === 'uint32') return Numbers.from(values, (value) => Number(bigintOf(value)));
  return Numbers.from(values as ArrayLike<number>);
}

/**
 * Reads a tensor of a model file. Large tensors stay views of the file's bytes.
 * @throws ConversionError for external data, unknown element types and data that does not fit the shape
 */
export function decodeTensor(source: Onnx.ITensorProto): Tensor {
  const name = quote(source.name || 'constant');
  if (source.dataLocation === onnx.TensorProto.DataLocation.EXTERNAL || source.externalData?.length)
    throw new ConversionError(
      `The weights of ${name} lie in another file (external data): save the model as one file.`,
    );
  const type = elementTypeOf(source.dataType ?? 0);
  if (!type)
    throw new ConversionError(`The tensor ${name} has the unknown element type ${source.dataType ?? 0}.`);
  const dims = checkedDims(source);
  const count = sizeOf(dims);
  const data = type === 'string' ? (source.stringData ?? []) : numericData(source, type, count);
  if (data?.length !== count)
    throw new ConversionError(`The tensor ${name} of shape [${dims}] does not hold its ${count} elements.`);
  return { type, dims, data } as Tensor;
}

/** Writes a tensor, numbers as raw little-endian bytes. */
export function encodeTensor(name: string, { type, dims, data }: Tensor): Onnx.ITensorProto {
  const head = { name, dims: [...dims], dataType: numberOfElementType(type) };
  if (type === 'string') return { ...head, stringData: [...data] };
  return { ...head, rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}
