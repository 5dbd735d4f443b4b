/** Graphs built, written, run by ONNX Runtime, read and edited again. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ConversionError } from '@scry/onnx/errors';
import { GraphBuilder } from '@scry/onnx/graph/builder';
import { readGraph, writeGraph } from '@scry/onnx/graph/file';
import { float, int, ints } from '@scry/onnx/proto/attribute';
import { float16ToNumber, numberToFloat16 } from '@scry/onnx/proto/float16';
import { float32, int64, toFloat32 } from '@scry/onnx/proto/tensor';
import { inferShapes } from '@scry/onnx/shapes/inference';
import proto from 'onnx-proto';
import * as ort from 'onnxruntime-node';

const MODELS = path.resolve(import.meta.dirname, '../../../models');

async function run(bytes: Uint8Array, feeds: Record<string, ort.Tensor>) {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

function smallNetwork(): GraphBuilder {
  const builder = new GraphBuilder();
  const input = builder.input('image', 'float32', ['batch', 1, 4, 4]);
  const kernel = builder.constant(float32(new Float32Array(18).fill(1), [2, 1, 3, 3]), 'kernel');
  const convolved = builder.node('Conv', [input, kernel], { pads: ints([1, 1, 1, 1]) });
  const relu = builder.node('LeakyRelu', [convolved], { alpha: float(0.5) });
  const pooled = builder.node('MaxPool', [relu], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) });
  const flat = builder.node('Reshape', [pooled, builder.constant(int64([0, -1]))]);
  builder.output(flat, 'answer');
  return builder;
}

test('a built graph runs, and the builder knew its shapes', async () => {
  const builder = smallNetwork();
  expect(builder.graph.outputs).toEqual([{ name: 'answer', type: 'float32', shape: ['batch', 8] }]);
  const { answer } = await run(builder.build(), {
    image: new ort.Tensor('float32', new Float32Array(32).fill(1), [2, 1, 4, 4]),
  });
  expect(answer?.dims).toEqual([2, 8]);
  // Every 2 × 2 window holds at least one pixel whose whole neighbourhood lies inside.
  expect(answer?.data).toEqual(new Float32Array(16).fill(9));
});

test('a file that was read, given one more node and written still runs', async () => {
  const graph = readGraph(smallNetwork().build());
  const builder = new GraphBuilder(graph);
  const doubled = builder.node('Mul', ['answer', builder.constant(float32([2]))]);
  graph.outputs = [];
  builder.output(doubled, 'doubled');
  const { doubled: answer } = await run(builder.build(), {
    image: new ort.Tensor('float32', new Float32Array(16).fill(1), [1, 1, 4, 4]),
  });
  expect(answer?.data[0]).toBe(18);
});

test('small constants are stored once and names never clash', () => {
  const builder = new GraphBuilder();
  const one = builder.constant(float32([1]));
  expect(builder.constant(float32([1]))).toBe(one);
  expect(builder.constant(float32([2]))).not.toBe(one);
  const input = builder.input('Add', 'float32', [1]);
  expect(builder.node('Add', [input, one])).toBe('Add_1');
  expect(() => builder.node('Add', ['nowhere', one])).toThrow('"nowhere", which is not in the graph');
});

test.each(['everyday-10', 'blood-cells'])('every value of %s has a known shape', async (model) => {
  const bytes = await readFile(path.join(MODELS, model, 'model.onnx'));
  const graph = readGraph(bytes);
  const shapes = inferShapes(graph);
  const unknown = graph.nodes.filter(({ outputs }) => !shapes.shape(outputs[0] ?? ''));
  expect(unknown.map(({ op }) => op)).toEqual([]);
  expect(readGraph(writeGraph(graph))).toEqual({ ...graph, valueInfo: new Map() });
});

test('half precision numbers survive the way there and back', () => {
  for (let bits = 0; bits < 0x7c00; bits += 7) expect(numberToFloat16(float16ToNumber(bits))).toBe(bits);
  expect(numberToFloat16(70000)).toBe(0x7c00);
  expect(numberToFloat16(-1 / 3)).toBe(0xb555);
  expect(numberToFloat16(1 + 1 / 2048)).toBe(0x3c00);
  const half = { type: 'float16' as const, dims: [2], data: Uint16Array.of(0x3c00, 0xc000) };
  expect([...toFloat32(half)]).toEqual([1, -2]);
});

test('bytes that are no model are refused in a sentence', () => {
  const whole = smallNetwork().build();
  for (let length = 0; length < whole.length; length += 1) {
    try {
      readGraph(whole.slice(0, length));
    } catch (error) {
      expect(error).toBeInstanceOf(ConversionError);
    }
  }
  expect(() => readGraph(new TextEncoder().encode('version https://git-lfs.github.com/spec/v1'))).toThrow(
    ConversionError,
  );
});

test('weights in another file are refused with what to do', () => {
  const model = proto.onnx.ModelProto.create({
    graph: {
      node: [{ opType: 'Relu', input: ['w'], output: ['y'] }],
      initializer: [{ name: 'w', dims: [1], dataType: 1, dataLocation: 1 }],
    },
  });
  expect(() => readGraph(proto.onnx.ModelProto.encode(model).finish())).toThrow('save the model as one file');
});

test('a tensor of another size than its shape is refused', () => {
  expect(() => float32([1, 2], [3])).toThrow('shape [3] cannot hold 2');
});

test('shapes that a file computes from its input are followed, free sizes included', () => {
  const builder = new GraphBuilder();
  const input = builder.input('x', 'float32', ['n', 3, 8, 8]);
  const shape = builder.node('Shape', [input]);
  const first = builder.node('Gather', [shape, builder.constant(int64([0], []))], { axis: int(0) });
  const batch = builder.node('Unsqueeze', [first, builder.constant(int64([0]))]);
  const target = builder.node('Concat', [batch, builder.constant(int64([-1]))], { axis: int(0) });
  expect(builder.shape(builder.node('Reshape', [input, target]))).toEqual(['n', 192]);
});
