/** Small tensors whose numbers are known while converting; free sizes stand in them by name. */
import type { Dimension } from '../graph/graph.js';
import { type NumericTensor, sizeOf, tensor, toNumbers } from '../proto/tensor.js';
import type { TfType } from './graph-def.js';

/** Larger ones are data: they are left to the runtime, which folds them when it loads the file. */
export const MOST_KNOWN = 4096;

export interface Numbers {
  readonly type: TfType;
  readonly dims: readonly number[];
  readonly values: readonly Dimension[];
}

export function numbersOf(source: NumericTensor): Numbers | undefined {
  if (source.data.length > MOST_KNOWN) return undefined;
  return { type: source.type as TfType, dims: source.dims, values: toNumbers(source) };
}

/** The tensor, when every number is known and can be one. */
export function tensorOf({ type, dims, values }: Numbers): NumericTensor | undefined {
  if (!values.every((value) => typeof value === 'number')) return undefined;
  const plain = values as readonly number[];
  if (type === 'float32') return tensor('float32', dims, Float32Array.from(plain));
  if (type === 'bool')
    return tensor(
      'bool',
      dims,
      Uint8Array.from(plain, (value) => Number(value !== 0)),
    );
  if (!plain.every((value) => Number.isFinite(value))) return undefined;
  return tensor(
    'int64',
    dims,
    BigInt64Array.from(plain, (value) => BigInt(Math.trunc(value))),
  );
}

/** Index into a tensor of `dims` for each element of the shape that it is broadcast to. */
export function broadcastIndex(dims: readonly number[], to: readonly number[]): (at: number) => number {
  const padded = [...Array<number>(to.length - dims.length).fill(1), ...dims];
  return (at) => {
    let [rest, stride, index] = [at, 1, 0];
    for (let axis = to.length - 1; axis >= 0; axis--) {
      const position = rest % (to[axis] as number);
      rest = Math.floor(rest / (to[axis] as number));
      if (padded[axis] !== 1) index += position * stride;
      stride *= padded[axis] as number;
    }
    return index;
  };
}

/** Shape that two are broadcast to; undefined when they do not fit, or are too large to be followed. */
export function broadcastDims(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const result: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const left = a[a.length - rank + axis] ?? 1;
    const right = b[b.length - rank + axis] ?? 1;
    if (left !== right && left !== 1 && right !== 1) return undefined;
    result.push(left === 1 ? right : left);
  }
  return sizeOf(result) <= MOST_KNOWN ? result : undefined;
}
