import { permute, reshape } from '../../proto/permute.js';
import type { NumericTensor, Tensor } from '../../proto/tensor.js';
import { float32 } from '../../proto/tensor.js';
import type { LayerGraph, LayerValue } from '../layer-graph.js';

/** Brings values to one layout: channels first where all are of one rank and one has it, else Keras' own. */
export function inOneLayout(
  graph: LayerGraph,
  values: readonly LayerValue[],
): { readonly names: readonly string[]; readonly channelsFirst: boolean } {
  const ranks = new Set(values.map((value) => graph.rankOf(value)));
  const channelsFirst = ranks.size === 1 && values.some((value) => value.channelsFirst);
  const names = values.map((value) => (channelsFirst ? graph.first(value) : graph.plain(value)));
  return { names, channelsFirst };
}

/** A constant as Keras broadcasts it (aligned at the last axis), for a value in either layout. */
export function alignedConstant(constant: NumericTensor, rank: number, channelsFirst: boolean): Tensor {
  if (!channelsFirst || constant.dims.length === 0) return constant;
  const dims = [...Array<number>(Math.max(0, rank - constant.dims.length)).fill(1), ...constant.dims];
  return permute(reshape(constant, dims), [0, rank - 1, ...dims.slice(2).map((_, axis) => axis + 1)]);
}

/** Numbers of a config, nested lists as rows of a tensor. Undefined when it is anything else. */
export function numbersOf(value: unknown): NumericTensor | undefined {
  const dims: number[] = [];
  for (let inner: unknown = value; Array.isArray(inner); inner = inner[0]) dims.push(inner.length);
  const flat: unknown[] = Array.isArray(value) ? value.flat(dims.length) : [value];
  if (!flat.every((item) => typeof item === 'number' && Number.isFinite(item))) return undefined;
  if (dims.reduce((total, size) => total * size, 1) !== flat.length) return undefined;
  return float32(flat as number[], dims);
}
