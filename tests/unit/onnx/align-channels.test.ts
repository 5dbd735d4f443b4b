import { alignChannels } from '@scry/onnx/graph/align-channels';
import { GraphBuilder } from '@scry/onnx/graph/builder';
import { readGraph, writeGraph } from '@scry/onnx/graph/file';
import type { Graph } from '@scry/onnx/graph/graph';
import { float, int, ints } from '@scry/onnx/proto/attribute';
import { float32, int64, type NumericTensor } from '@scry/onnx/proto/tensor';
import * as ort from 'onnxruntime-node';

/** Numbers that look random and are the same in every run. */
function some(dims: readonly number[], from = -1, to = 1): NumericTensor {
  const count = dims.reduce((product, size) => product * size, 1);
  const data = Float32Array.from({ length: count }, (_, at) => {
    const part = Math.abs(Math.sin(at * 12.9898 + count) * 43758.5453) % 1;
    return from + part * (to - from);
  });
  return float32(data, dims);
}

async function run(graph: Graph): Promise<Float32Array[]> {
  const session = await ort.InferenceSession.create(writeGraph(graph), { logSeverityLevel: 3 });
  try {
    const image = new ort.Tensor('float32', some([2 * 3 * 9 * 9]).data as Float32Array, [2, 3, 9, 9]);
    const answers = await session.run({ image });
    return session.outputNames.map((name) => answers[name]?.data as Float32Array);
  } finally {
    await session.release();
  }
}

/** Runs a network before and after. @returns its graph after */
async function aligned(build: (builder: GraphBuilder, image: string) => readonly string[]): Promise<Graph> {
  const builder = new GraphBuilder();
  const outputs = build(builder, builder.input('image', 'float32', ['batch', 3, 9, 9]));
  for (const [index, output] of outputs.entries()) builder.output(output, `answer${index}`);
  const { graph } = builder;
  const before = await run(graph);
  const sizes = outputs.map((_, index) => builder.shape(`answer${index}`));
  alignChannels(graph);
  const after = await run(graph);
  for (const [index, answer] of before.entries()) {
    expect(after[index]).toHaveLength(answer.length);
    for (const [at, value] of answer.entries()) expect(after[index]?.[at]).toBeCloseTo(value, 4);
  }
  expect(readGraph(writeGraph(graph)).outputs.map(({ shape }) => shape)).toEqual(sizes);
  return graph;
}

const dense = (b: GraphBuilder, x: string, from: number, to: number, bias = true) =>
  b.node('Conv', [x, b.constant(some([to, from, 1, 1])), ...(bias ? [b.constant(some([to]))] : [])]);
const depthwise = (b: GraphBuilder, x: string, channels: number) =>
  b.node('Conv', [x, b.constant(some([channels, 1, 3, 3])), b.constant(some([channels]))], {
    group: int(channels),
    pads: ints([1, 1, 1, 1]),
  });
const kernels = ({ nodes, initializers }: Graph) =>
  nodes.filter(({ op }) => op === 'Conv').map(({ inputs }) => initializers.get(inputs[1] ?? '')?.dims);

test('channels between convolutions are widened to a multiple of four', async () => {
  const graph = await aligned((b, image) => {
    const x = b.node('Relu', [dense(b, image, 3, 18)]);
    return [dense(b, b.node('LeakyRelu', [depthwise(b, x, 18)], { alpha: float(0.1) }), 18, 7)];
  });
  expect(kernels(graph)).toEqual([
    [20, 3, 1, 1],
    [20, 1, 3, 3],
    [7, 20, 1, 1],
  ]);
  expect(graph.nodes.find(({ attributes }) => attributes.group)?.attributes.group).toEqual(int(20));
  expect([...graph.initializers.keys()]).toHaveLength(5); // the narrow ones are gone
});

test('so are those of sums, constants per channel, numbers, normalisation, pools and gates', async () => {
  const graph = await aligned((b, image) => {
    const x = dense(b, image, 3, 10, false);
    const number = b.constant(float32([0.5], []));
    const biased = b.node('Add', [x, b.constant(some([10, 1, 1]))]);
    const scaled = b.node('Mul', [b.node('PRelu', [biased, b.constant(some([1, 10, 1, 1]))]), number]);
    const statistics = [some([10]), some([10]), some([10]), some([10], 0.5, 2)].map((values) =>
      b.constant(values),
    );
    const normal = b.node('BatchNormalization', [scaled, ...statistics], { epsilon: float(0.001) });
    const clipped = b.node('Clip', [normal, b.constant(float32([0], [])), b.constant(float32([6], []))]);
    const gate = b.node('Sigmoid', [dense(b, b.node('GlobalAveragePool', [clipped]), 10, 10)]);
    const gated = b.node('Mul', [clipped, gate]);
    const pooled = b.node('MaxPool', [b.node('Add', [gated, depthwise(b, gated, 10)])], {
      kernel_shape: ints([2, 2]),
    });
    return [dense(b, pooled, 10, 8)];
  });
  expect(kernels(graph)).toEqual([
    [12, 3, 1, 1],
    [12, 12, 1, 1],
    [12, 1, 3, 3],
    [8, 12, 1, 1],
  ]);
});

test('weights that several convolutions share are widened for each', async () => {
  const graph = await aligned((b, image) => {
    const kernel = b.constant(some([6, 6, 1, 1]));
    const conv = (x: string) => b.node('Conv', [x, kernel]);
    const x = conv(conv(dense(b, image, 3, 6)));
    return [dense(b, x, 6, 4), b.node('Flatten', [conv(x)])];
  });
  expect(kernels(graph)).toEqual([
    [8, 3, 1, 1],
    [8, 8, 1, 1],
    [8, 8, 1, 1],
    [4, 8, 1, 1],
    [6, 8, 1, 1],
  ]);
});

test('what somebody else looks at stays as it is', async () => {
  const graph = await aligned((b, image) => {
    const seen = dense(b, image, 3, 6);
    const flat = b.node('Reshape', [dense(b, seen, 6, 6), b.constant(int64([0, -1]))]);
    const joined = b.node('Concat', [dense(b, seen, 6, 5), dense(b, seen, 6, 5)], { axis: int(1) });
    const parts = b.node('Slice', [seen, ...[[0], [3], [1]].map((at) => b.constant(int64(at)))]);
    return [seen, flat, dense(b, joined, 10, 4), parts];
  });
  expect(kernels(graph)).toEqual([
    [6, 3, 1, 1],
    [6, 6, 1, 1],
    [5, 6, 1, 1],
    [5, 6, 1, 1],
    [4, 10, 1, 1],
  ]);
});

test('so do images of one and of three channels', async () => {
  const graph = await aligned((b, image) => [
    dense(b, b.node('Sigmoid', [dense(b, dense(b, image, 3, 3), 3, 1)]), 1, 5),
  ]);
  expect(kernels(graph)).toEqual([
    [3, 3, 1, 1],
    [1, 3, 1, 1],
    [5, 1, 1, 1],
  ]);
});
