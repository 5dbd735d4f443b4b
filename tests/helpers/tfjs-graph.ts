/** Small TensorFlow.js graph models for tests, as files and as TensorFlow.js itself runs them. */
import '@tensorflow/tfjs-backend-cpu';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';

type Attribute =
  | number
  | string
  | boolean
  | readonly number[]
  | readonly string[]
  | { readonly type: string };

export interface TfNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  /** Whole numbers are `i`, other numbers `f`; write `{ type }` for types. */
  readonly attr?: Readonly<Record<string, Attribute>>;
}

export interface TfConstant {
  readonly dims: readonly number[];
  readonly data: readonly number[];
  readonly dtype?: 'float32' | 'int32' | 'bool';
}

export interface TfGraph {
  /** Shapes of the placeholders; -1 is free. */
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly constants?: Readonly<Record<string, TfConstant>>;
  readonly nodes: readonly TfNode[];
  readonly outputs: readonly string[];
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Attributes that are real numbers even when they happen to be whole. */
const REAL = new Set(['alpha', 'epsilon', 'leakyrelu_alpha', 'bias', 'beta']);

function attribute(name: string, value: Attribute): object {
  if (typeof value === 'boolean') return { b: value };
  if (typeof value === 'string') return { s: base64(value) };
  if (typeof value === 'number') return REAL.has(name) ? { f: value } : { i: String(value) };
  if (!Array.isArray(value)) return value;
  return {
    list:
      typeof value[0] === 'string'
        ? { s: value.map((text) => base64(String(text))) }
        : { i: value.map(String) },
  };
}

function attributes(attr: TfNode['attr'] = {}): Record<string, object> {
  return Object.fromEntries(Object.entries(attr).map(([name, value]) => [name, attribute(name, value)]));
}

const FLOAT = { type: 'DT_FLOAT' };
const DTYPES = { float32: 'DT_FLOAT', int32: 'DT_INT32', bool: 'DT_BOOL' } as const;

function bytesOf({ data, dtype = 'float32' }: TfConstant): Uint8Array {
  if (dtype === 'bool') return Uint8Array.from(data);
  const values = dtype === 'int32' ? Int32Array.from(data) : Float32Array.from(data);
  return new Uint8Array(values.buffer);
}

/** model.json as an object, and the one weights file. */
export function tfGraph({ inputs, constants = {}, nodes, outputs }: TfGraph) {
  const placeholders = Object.entries(inputs).map(([name, dims]) => ({
    name,
    op: 'Placeholder',
    attr: { dtype: FLOAT, shape: { shape: { dim: dims.map((size) => ({ size: String(size) })) } } },
  }));
  const consts = Object.entries(constants).map(([name, { dtype = 'float32' }]) => ({
    name,
    op: 'Const',
    attr: { dtype: { type: DTYPES[dtype] } },
  }));
  const json = {
    format: 'graph-model',
    signature: {
      inputs: Object.fromEntries(Object.keys(inputs).map((name) => [name, { name: `${name}:0` }])),
      outputs: Object.fromEntries(outputs.map((name) => [name, { name }])),
    },
    modelTopology: {
      versions: { producer: 1 },
      node: [
        ...placeholders,
        ...consts,
        ...nodes.map(({ name, op, input = [], attr }) => ({
          name,
          op,
          input,
          attr: { T: FLOAT, ...attributes(attr) },
        })),
      ],
    },
    weightsManifest: [
      {
        paths: ['weights.bin'],
        weights: Object.entries(constants).map(([name, { dims, dtype = 'float32' }]) => ({
          name,
          shape: dims,
          dtype,
        })),
      },
    ],
  };
  const parts = Object.values(constants).map(bytesOf);
  return { json, weights: new Uint8Array(Buffer.concat(parts)) };
}

export function tfFiles(graph: TfGraph): Map<string, Uint8Array> {
  const { json, weights } = tfGraph(graph);
  return new Map([
    ['model.json', new TextEncoder().encode(JSON.stringify(json))],
    ['weights.bin', weights],
  ]);
}

export interface Answer {
  readonly dims: readonly number[];
  readonly data: readonly number[];
}

/** What TensorFlow.js answers, in the order of the outputs. */
export async function runTfjs(
  graph: TfGraph,
  feeds: Readonly<Record<string, Float32Array>>,
): Promise<Answer[]> {
  tf.enableProdMode(); // says nothing of faster backends
  await tf.setBackend('cpu');
  const { json, weights } = tfGraph(graph);
  const artifacts = await tf.io.getModelArtifactsForJSON(
    json as unknown as tf.io.ModelJSON,
    async (manifest) => [manifest.flatMap((group) => group.weights), weights.slice().buffer],
  );
  const model = await loadGraphModel({ load: async () => artifacts });
  const inputs = Object.fromEntries(
    Object.entries(feeds).map(([name, data]) => [
      name,
      tf.tensor(
        data,
        (graph.inputs[name] ?? []).map((size) => Math.abs(size)),
      ),
    ]),
  );
  const dynamic = graph.nodes.some(({ op }) => op.startsWith('NonMaxSuppression'));
  const outputs = [...graph.outputs];
  const results = [
    dynamic ? await model.executeAsync(inputs, outputs) : model.execute(inputs, outputs),
  ].flat();
  const answers = results.map((tensor) => ({ dims: tensor.shape, data: Array.from(tensor.dataSync()) }));
  tf.dispose([...results, ...Object.values(inputs)]);
  model.dispose();
  return answers;
}
