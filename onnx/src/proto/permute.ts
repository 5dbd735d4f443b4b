import { type NumericTensor, sizeOf } from './tensor.js';

/** Strides of a row-major array, in elements. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = dims.map(() => 1);
  for (let axis = dims.length - 2; axis >= 0; axis -= 1)
    strides[axis] = (strides[axis + 1] as number) * (dims[axis + 1] as number);
  return strides;
}

/** Transposes: axis i of the result is axis `order[i]` of the source. */
export function permute(source: NumericTensor, order: readonly number[]): NumericTensor {
  const dims = order.map((axis) => source.dims[axis] as number);
  const sourceStrides = stridesOf(source.dims);
  const strides = order.map((axis) => sourceStrides[axis] as number);
  const data = source.data.slice();
  const counter = dims.map(() => 0);
  const inner = dims.length - 1;
  const innerSize = dims[inner] ?? 1;
  const innerStride = strides[inner] ?? 1;
  const total = sizeOf(dims);
  let from = 0;
  for (let to = 0; to < total; to += innerSize) {
    for (let step = 0; step < innerSize; step += 1)
      data[to + step] = source.data[from + step * innerStride] as never;
    for (let axis = inner - 1; axis >= 0; axis -= 1) {
      counter[axis] = (counter[axis] as number) + 1;
      from += strides[axis] as number;
      if ((counter[axis] as number) < (dims[axis] as number)) break;
      from -= (strides[axis] as number) * (dims[axis] as number);
      counter[axis] = 0;
    }
  }
  return { ...source, dims, data };
}

/** The same elements under another shape. */
export function reshape(source: NumericTensor, dims: readonly number[]): NumericTensor {
  return { ...source, dims };
}
