/** A small TensorFlow.js graph that is whole, and ways to damage it. */
import { bytes, type Files } from './hostile-files.js';
import { type TfGraph, tfGraph } from './tfjs-graph.js';

// biome-ignore lint/suspicious/noExplicitAny: files that lie have no type
export type Json = any;

export const graph: TfGraph = {
  inputs: { x: [1, 8, 8, 3] },
  constants: {
    kernel: { dims: [3, 3, 3, 4], data: Array(108).fill(0.1) },
    bias: { dims: [4], data: [1, 2, 3, 4] },
    axes: { dims: [2], data: [1, 2], dtype: 'int32' },
  },
  nodes: [
    {
      name: 'conv',
      op: '_FusedConv2D',
      input: ['x', 'kernel', 'bias'],
      attr: {
        strides: [1, 1, 1, 1],
        padding: 'SAME',
        data_format: 'NHWC',
        fused_ops: ['BiasAdd', 'Relu'],
        num_args: 1,
      },
    },
    { name: 'y', op: 'Mean', input: ['conv', 'axes'], attr: { keep_dims: false } },
  ],
  outputs: ['y'],
};

export function changed(change: (json: Json) => void, source: TfGraph = graph): Files {
  const { json, weights } = tfGraph(source);
  const copy = JSON.parse(JSON.stringify(json)) as Json;
  change(copy);
  return new Map([
    ['model.json', bytes(copy)],
    ['weights.bin', weights],
  ]);
}

/** The graph with its last node replaced, and more constants. */
export function ending(
  op: string,
  input: string[],
  constants: TfGraph['constants'] = {},
  attr: NonNullable<TfGraph['nodes'][number]['attr']> = {},
): Files {
  const first = graph.nodes.slice(0, 1);
  return changed(() => undefined, {
    ...graph,
    constants: { ...graph.constants, ...constants },
    nodes: [...first, { name: 'y', op, input, attr }],
  });
}

export const ints = (...data: number[]) => ({ dims: [data.length], data, dtype: 'int32' as const });
export const node = (json: Json, name: string) =>
  json.modelTopology.node.find((found: Json) => found.name === name);
export const weight = (json: Json, name: string) =>
  json.weightsManifest[0].weights.find((found: Json) => found.name === name);
