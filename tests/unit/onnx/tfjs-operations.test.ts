/** Each TensorFlow operation, converted and run by ONNX Runtime, beside TensorFlow.js itself. */
import { convert } from '@scry/onnx/convert';
import { readGraph } from '@scry/onnx/graph/file';
import * as ort from 'onnxruntime-node';
import { runTfjs, type TfConstant, type TfGraph, type TfNode, tfFiles } from '../../helpers/tfjs-graph.js';

/** Numbers from −2 to 2 that look random and are always the same. */
function noise(length: number, seed = 1): Float32Array {
  return Float32Array.from({ length }, (_, at) => ((Math.sin((at + seed) * 12.9898) * 43758.5453) % 1) * 2);
}

const size = (dims: readonly number[]) => dims.reduce((product, dim) => product * Math.abs(dim), 1);

async function runConverted(graph: TfGraph, feeds: Record<string, Float32Array>) {
  const { onnx, report } = await convert(tfFiles(graph));
  const session = await ort.InferenceSession.create(onnx, { logSeverityLevel: 3 });
  const tensors = Object.fromEntries(
    Object.entries(feeds).map(([name, data]) => [
      name,
      new ort.Tensor('float32', data, (graph.inputs[name] ?? []).map(Math.abs)),
    ]),
  );
  try {
    const results = await session.run(tensors);
    const answers = graph.outputs.map((name) => {
      const { dims, data } = results[name] as ort.Tensor;
      return { dims, data: Array.from(data as ArrayLike<number | bigint | boolean>, Number) };
    });
    return { answers, report, onnx };
  } finally {
    await session.release();
  }
}

/** Relative above 1; numbers that are none agree with each other. */
function apart(expected: number, found = Number.NaN): number {
  if (Number.isNaN(expected) && Number.isNaN(found)) return 0;
  return Math.abs(expected - found) / Math.max(1, Math.abs(expected));
}

async function compare(graph: TfGraph): Promise<Uint8Array> {
  const feeds = Object.fromEntries(
    Object.entries(graph.inputs).map(([name, dims], index) => [name, noise(size(dims), 7 * index + 1)]),
  );
  const expected = await runTfjs(graph, feeds);
  const { answers, onnx } = await runConverted(graph, feeds);
  expected.forEach(({ dims, data }, index) => {
    expect(answers[index]?.dims).toEqual([...dims]);
    const largest = data.reduce(
      (worst, value, at) => Math.max(worst, apart(value, answers[index]?.data[at])),
      0,
    );
    expect(largest).toBeLessThan(1e-4);
  });
  return onnx;
}

const ints = (...data: number[]): TfConstant => ({ dims: [data.length], data, dtype: 'int32' });
const int = (value: number): TfConstant => ({ dims: [], data: [value], dtype: 'int32' });
const floats = (dims: readonly number[], seed = 3): TfConstant => ({
  dims,
  data: [...noise(size(dims), seed)],
});
const IMAGE = [1, 6, 7, 4];

/** A node `y` on an image `x` and constants. */
function one(
  op: string,
  constants: Record<string, TfConstant> = {},
  attr: NonNullable<TfNode['attr']> = {},
  x: readonly number[] = IMAGE,
): TfGraph {
  return {
    inputs: { x },
    constants,
    nodes: [{ name: 'y', op, input: ['x', ...Object.keys(constants)], attr }],
    outputs: ['y'],
  };
}

/** The same after a convolution, whose result stands with its channels first, and before another. */
function inside(graph: TfGraph): TfGraph {
  const conv = (name: string, input: string): TfNode => ({
    name,
    op: 'Conv2D',
    input: [input, 'k'],
    attr: { strides: [1, 1, 1, 1], padding: 'SAME', data_format: 'NHWC', dilations: [1, 1, 1, 1] },
  });
  return {
    ...graph,
    constants: { ...graph.constants, k: floats([1, 1, 4, 4], 11) },
    nodes: [
      conv('before', 'x'),
      ...graph.nodes.map((node) => ({
        ...node,
        input: (node.input ?? []).map((name) => (name === 'x' ? 'before' : name)),
      })),
    ],
  };
}

const UNARY =
  'Abs Ceil Cos Sin Elu Exp Floor Neg Relu Relu6 Sigmoid Sign Softplus Sqrt Square Tanh Softmax Round Erf Selu Expm1 Reciprocal';
const BINARY =
  'Add AddV2 Sub Mul Maximum Minimum RealDiv SquaredDifference Greater LessEqual NotEqual FloorMod';

describe('element by element', () => {
  test.each(UNARY.split(' '))('%s', async (op) => {
    await compare(inside(one(op)));
  });

  test.each(BINARY.split(' '))('%s with a constant per channel, and with a number', async (op) => {
    await compare(inside(one(op, { c: floats([4]) })));
    await compare(inside(one(op, { c: floats([]) })));
    await compare(inside(one(op, { c: floats([6, 7, 4]) })));
  });

  test('LeakyRelu, Prelu, ClipByValue, AddN, BiasAdd, Cast and Select', async () => {
    await compare(inside(one('LeakyRelu', {}, { alpha: 0.3 })));
    await compare(inside(one('Prelu', { c: floats([1, 1, 4]) })));
    await compare(inside(one('BiasAdd', { c: floats([4]) })));
    const nodes: TfNode[] = [
      { name: 'more', op: 'Greater', input: ['x', 'zero'] },
      { name: 'chosen', op: 'SelectV2', input: ['more', 'x', 'zero'] },
      {
        name: 'whole',
        op: 'Cast',
        input: ['chosen'],
        attr: { SrcT: { type: 'DT_FLOAT' }, DstT: { type: 'DT_INT32' } },
      },
      {
        name: 'back',
        op: 'Cast',
        input: ['whole'],
        attr: { SrcT: { type: 'DT_INT32' }, DstT: { type: 'DT_FLOAT' } },
      },
      { name: 'sum', op: 'AddN', input: ['back', 'x', 'chosen'], attr: { N: 3 } },
    ];
    await compare({
      inputs: { x: IMAGE },
      constants: { zero: { dims: [], data: [0] } },
      nodes,
      outputs: ['sum', 'whole'],
    });
  });
});

describe('convolutions and pools', () => {
  const strided = { strides: [1, 2, 2, 1], padding: 'SAME', data_format: 'NHWC', dilations: [1, 1, 1, 1] };

  test.each(['SAME', 'VALID'])('Conv2D and depthwise, padding %s, strided and dilated', async (padding) => {
    for (const attr of [
      { ...strided, padding },
      { ...strided, padding, strides: [1, 1, 1, 1], dilations: [1, 2, 2, 1] },
    ]) {
      await compare(one('Conv2D', { w: floats([3, 3, 4, 5]) }, attr));
      await compare(one('DepthwiseConv2dNative', { w: floats([3, 3, 4, 2]) }, attr));
    }
  });

  test('fused biases and activations', async () => {
    const fused = (ops: string[], more = {}) => ({
      ...strided,
      fused_ops: ops,
      num_args: ops.includes('Prelu') ? 2 : 1,
      ...more,
    });
    const constants = { w: floats([3, 3, 4, 5]), b: floats([5]) };
    await compare(one('_FusedConv2D', constants, fused(['BiasAdd', 'Relu6'])));
    await compare(one('_FusedConv2D', constants, fused(['BiasAdd', 'LeakyRelu'], { leakyrelu_alpha: 0.1 })));
    await compare(one('_FusedConv2D', { ...constants, a: floats([5]) }, fused(['BiasAdd', 'Prelu'])));
    const depthwise = { w: floats([3, 3, 4, 1]), b: floats([4]) };
    await compare(one('FusedDepthwiseConv2dNative', depthwise, fused(['BiasAdd', 'Relu'])));
  });

  test('Conv2DBackpropInput', async () => {
    const graph: TfGraph = {
      inputs: { x: [1, 3, 4, 5] },
      constants: { shape: ints(1, 6, 8, 2), w: floats([3, 3, 2, 5]) },
      nodes: [{ name: 'y', op: 'Conv2DBackpropInput', input: ['shape', 'w', 'x'], attr: strided }],
      outputs: ['y'],
    };
    await compare(graph);
  });

  test.each(['SAME', 'VALID'])('pools, padding %s', async (padding) => {
    const attr = { ...strided, padding, ksize: [1, 3, 3, 1] };
    await compare(inside(one('MaxPool', {}, attr)));
    await compare(inside(one('AvgPool', {}, attr)));
  });

  test('batch normalisation and local response normalisation', async () => {
    const positive = { dims: [4], data: [0.5, 1, 2, 3] };
    const constants = {
      scale: floats([4]),
      offset: floats([4], 5),
      mean: floats([4], 9),
      variance: positive,
    };
    await compare(
      one('FusedBatchNormV3', constants, { epsilon: 0.001, is_training: false, data_format: 'NHWC' }),
    );
    await compare(one('LRN', {}, { depth_radius: 1, bias: 1.5, alpha: 0.3, beta: 0.75 }));
  });

  test('zeros laid around become padding of the convolution', async () => {
    const graph = one('Conv2D', { w: floats([3, 3, 4, 5]) }, { ...strided, padding: 'VALID' });
    const padded = {
      ...graph,
      constants: {
        ...graph.constants,
        p: { dims: [4, 2], data: [0, 0, 1, 2, 0, 1, 0, 0], dtype: 'int32' } as const,
      },
      nodes: [
        { name: 'pad', op: 'Pad', input: ['x', 'p'] },
        { ...graph.nodes[0], input: ['pad', 'w'] } as TfNode,
      ],
    };
    const ops = readGraph(await compare(padded)).nodes.map(({ op }) => op);
    expect(ops).not.toContain('Pad');
  });
});

describe('resizing', () => {
  const grids = [
    { align_corners: false, half_pixel_centers: false },
    { align_corners: true, half_pixel_centers: false },
    { align_corners: false, half_pixel_centers: true },
  ];
  const sizes = [ints(12, 14), ints(13, 5), ints(3, 4), ints(1, 1)];

  test.each(grids)('%j', async (attr) => {
    for (const to of sizes) {
      await compare(inside(one('ResizeBilinear', { to }, attr)));
      await compare(inside(one('ResizeNearestNeighbor', { to }, attr)));
    }
  });

  test('a free batch stays free', async () => {
    const graph = one('ResizeBilinear', { to: ints(9, 9) }, grids[2], [-1, 6, 7, 4]);
    const { onnx } = await convert(tfFiles(graph));
    expect(readGraph(onnx).inputs[0]?.shape).toEqual(['batch', 6, 7, 4]);
    const session = await ort.InferenceSession.create(onnx, { logSeverityLevel: 3 });
    const { y } = await session.run({ x: new ort.Tensor('float32', noise(3 * 6 * 7 * 4), [3, 6, 7, 4]) });
    expect(y?.dims).toEqual([3, 9, 9, 4]);
    await session.release();
  });
});

describe('along axes', () => {
  test.each(['Mean', 'Sum', 'Max', 'Min'])(
    '%s over space, channels and all, with and without keeping them',
    async (op) => {
      for (const keep of [true, false])
        for (const axes of [ints(1, 2), ints(-1), ints(3, 1), ints(0, 1, 2, 3)])
          await compare(inside(one(op, { axes }, { keep_dims: keep })));
    },
  );

  test('ArgMax, TopK and Cumsum', async () => {
    await compare(inside(one('ArgMax', { axis: int(3) }, { output_type: { type: 'DT_INT32' } })));
    await compare({ ...one('TopKV2', { k: int(2) }, { sorted: true }, [2, 9]), outputs: ['y', 'y:1'] });
    await compare(one('Cumsum', { axis: int(1) }, { exclusive: true, reverse: false }, [2, 5]));
  });
});

describe('shapes and slices', () => {
  const slicing = (more: Record<string, number>) => ({
    begin_mask: 0,
    end_mask: 0,
    ellipsis_mask: 0,
    new_axis_mask: 0,
    shrink_axis_mask: 0,
    ...more,
  });

  test('StridedSlice with its masks', async () => {
    const of = (begin: number[], end: number[], strides: number[], masks: Record<string, number>) =>
      compare(
        inside(
          one('StridedSlice', { b: ints(...begin), e: ints(...end), s: ints(...strides) }, slicing(masks)),
        ),
      );
    await of([0, 1, 0, 1], [1, 5, 7, 3], [1, 2, 1, 1], {});
    await of([0, 0, 0, -3], [0, 0, 0, -1], [1, 1, 1, 1], { begin_mask: 7, end_mask: 7 });
    await of([0, 2], [0, 3], [1, 1], { ellipsis_mask: 1, shrink_axis_mask: 2 });
    await of([0, -1], [0, 0], [1, 1], { begin_mask: 1, end_mask: 1, shrink_axis_mask: 2 });
    await of([0, 0], [0, 0], [1, -1], { begin_mask: 3, end_mask: 3 });
    await of([0, 0], [0, 1], [1, 1], { new_axis_mask: 1, shrink_axis_mask: 2 });
  });

  test('Slice, Reverse, Pad, MirrorPad and PadV2', async () => {
    const pads: TfConstant = { dims: [4, 2], data: [0, 0, 1, 0, 2, 1, 0, 3], dtype: 'int32' };
    await compare(inside(one('Slice', { b: ints(0, 1, 2, 1), s: ints(1, -1, 3, 2) })));
    await compare(inside(one('ReverseV2', { axes: ints(1, -1) })));
    await compare(inside(one('Pad', { pads })));
    await compare(inside(one('PadV2', { pads, value: { dims: [], data: [2.5] } })));
    await compare(inside(one('MirrorPad', { pads }, { mode: 'reflect' })));
  });

  test('Reshape, Squeeze, ExpandDims, Transpose, Tile, Pack and ConcatV2', async () => {
    await compare(inside(one('Reshape', { shape: ints(1, -1, 8) })));
    await compare(inside(one('ExpandDims', { axis: int(-1) })));
    for (const perm of [
      [0, 3, 1, 2],
      [0, 2, 3, 1],
      [3, 2, 1, 0],
    ])
      await compare(inside(one('Transpose', { perm: ints(...perm) })));
    await compare(inside(one('Tile', { times: ints(1, 2, 1, 3) })));
    await compare({ ...inside(one('Pack', {}, { axis: 1, N: 1 })) });
    const two: TfNode[] = [
      { name: 'a', op: 'Relu', input: ['x'] },
      { name: 'y', op: 'ConcatV2', input: ['a', 'x', 'axis'], attr: { N: 2 } },
      { name: 'mean', op: 'Mean', input: ['y', 'space'], attr: { keep_dims: true } },
      { name: 'flat', op: 'Squeeze', input: ['mean'], attr: { squeeze_dims: [1, 2] } },
    ];
    await compare(
      inside({
        inputs: { x: IMAGE },
        constants: { axis: int(3), space: ints(1, 2) },
        nodes: two,
        outputs: ['y', 'flat'],
      }),
    );
  });

  test('Split, SplitV and Unpack', async () => {
    const parts = (node: TfNode, constants: Record<string, TfConstant>, outputs: string[]): TfGraph => ({
      inputs: { x: IMAGE },
      constants,
      nodes: [node],
      outputs,
    });
    await compare(
      inside(
        parts({ name: 'y', op: 'Split', input: ['axis', 'x'], attr: { num_split: 2 } }, { axis: int(3) }, [
          'y',
          'y:1',
        ]),
      ),
    );
    await compare(
      inside(
        parts(
          { name: 'y', op: 'SplitV', input: ['x', 'sizes', 'axis'], attr: { num_split: 2 } },
          { sizes: ints(1, 3), axis: int(-1) },
          ['y', 'y:1'],
        ),
      ),
    );
    await compare(
      inside(parts({ name: 'y', op: 'Unpack', input: ['x'], attr: { axis: 3, num: 4 } }, {}, ['y', 'y:3'])),
    );
  });

  test('GatherV2, GatherNd and SparseToDense', async () => {
    await compare(inside(one('GatherV2', { at: ints(3, 0, 0), axis: int(3) }, { batch_dims: 0 })));
    await compare(inside(one('GatherNd', { at: { dims: [2, 2], data: [0, 1, 0, 5], dtype: 'int32' } })));
    const nodes: TfNode[] = [
      {
        name: 'sparse',
        op: 'SparseToDense',
        input: ['at', 'shape', 'values', 'otherwise'],
        attr: { validate_indices: true },
      },
      { name: 'y', op: 'Mul', input: ['sparse', 'x'] },
    ];
    const constants = {
      at: { dims: [2, 1], data: [1, 3], dtype: 'int32' } as const,
      shape: ints(4),
      values: floats([2]),
      otherwise: floats([]),
    };
    await compare({ inputs: { x: [2, 4] }, constants, nodes, outputs: ['y'] });
  });

  test('SpaceToBatchND, BatchToSpaceND and DepthToSpace', async () => {
    const flat: TfConstant = { dims: [2, 2], data: [0, 0, 0, 1], dtype: 'int32' };
    await compare(inside(one('SpaceToBatchND', { block: ints(2, 2), pads: flat })));
    const back = one('BatchToSpaceND', { block: ints(2, 2), crops: flat }, {}, [4, 3, 4, 4]);
    await compare(inside(back));
    await compare(inside(one('DepthToSpace', {}, { block_size: 2, data_format: 'NHWC' })));
  });

  test('shapes that are calculated from a free batch end in a Reshape', async () => {
    const nodes: TfNode[] = [
      { name: 'shape', op: 'Shape', input: ['x'] },
      {
        name: 'batch',
        op: 'StridedSlice',
        input: ['shape', 'zero', 'one', 'one'],
        attr: slicing({ shrink_axis_mask: 1 }),
      },
      { name: 'target', op: 'Pack', input: ['batch', 'rest'], attr: { axis: 0, N: 2 } },
      { name: 'y', op: 'Reshape', input: ['x', 'target'] },
    ];
    const constants = { zero: ints(0), one: ints(1), rest: int(24) };
    const graph = { inputs: { x: [-1, 2, 3, 4] }, constants, nodes, outputs: ['y'] };
    const { onnx } = await convert(tfFiles(graph));
    expect(readGraph(onnx).outputs[0]?.shape).toEqual(['batch', 24]);
    expect(readGraph(onnx).nodes.map(({ op }) => op)).toEqual(['Reshape', 'Identity']);
  });
});

test('matrix products, transposed and batched', async () => {
  await compare(one('MatMul', { w: floats([3, 5]) }, { transpose_a: false, transpose_b: false }, [2, 3]));
  await compare(one('MatMul', { w: floats([5, 2]) }, { transpose_a: true, transpose_b: true }, [2, 3]));
  await compare(one('BatchMatMulV2', { w: floats([2, 5, 3]) }, { adj_x: false, adj_y: true }, [2, 4, 3]));
  const fused = { transpose_a: false, transpose_b: false, fused_ops: ['BiasAdd', 'Relu'], num_args: 1 };
  await compare(one('_FusedMatMul', { w: floats([3, 5]), b: floats([5]) }, fused, [2, 3]));
});

test('suppression of overlapping boxes', async () => {
  const boxes: TfConstant = { dims: [3, 4], data: [0, 0, 1, 1, 0, 0, 0.9, 1, 0, 2, 1, 3] };
  const constants = { boxes, most: int(3), iou: { dims: [], data: [0.5] }, least: { dims: [], data: [-5] } };
  const nodes: TfNode[] = [
    { name: 'y', op: 'NonMaxSuppressionV3', input: ['boxes', 'x', 'most', 'iou', 'least'] },
  ];
  await compare({ inputs: { x: [3] }, constants, nodes, outputs: ['y'] });
});

test('MobileNetV3’s hard swish stays exact in its blocked form', async () => {
  const nodes: TfNode[] = [
    { name: 'three', op: 'AddV2', input: ['x', 'c3'] },
    { name: 'gate', op: 'Relu6', input: ['three'] },
    { name: 'sixth', op: 'Mul', input: ['x', 'c6'] },
    { name: 'y', op: 'Mul', input: ['sixth', 'gate'] },
  ];
  const constants = { c3: { dims: [], data: [3] }, c6: { dims: [], data: [1 / 6] } };
  const graph = { inputs: { x: [1, 5, 5, 16] }, constants, nodes, outputs: ['y'] };
  const conv: TfNode = {
    name: 'pre',
    op: 'Conv2D',
    input: ['x', 'k'],
    attr: { strides: [1, 1, 1, 1], padding: 'SAME', data_format: 'NHWC', dilations: [1, 1, 1, 1] },
  };
  const deep = {
    ...graph,
    constants: { ...constants, k: floats([1, 1, 16, 16]) },
    nodes: [
      conv,
      ...nodes.map((node) => ({
        ...node,
        input: (node.input ?? []).map((name) => (name === 'x' ? 'pre' : name)),
      })),
    ],
  };
  const ops = readGraph(await compare(deep)).nodes.map(({ op }) => op);
  expect(ops.filter((op) => op === 'Conv')).toHaveLength(2);
  expect(ops).not.toContain('Add');
});

describe('functions and branches', () => {
  const body = (name: string, op: string) => ({
    signature: { name, inputArg: [{ name: 'a' }], outputArg: [{ name: 'b' }] },
    nodeDef: [{ name: 'inner', op, input: ['a'], attr: { T: { type: 'DT_FLOAT' } } }],
    ret: { b: 'inner:activations:0' },
  });
  const call = (op: string, attr: object, constants: Record<string, TfConstant>, input: string[]) => {
    const files = tfFiles({
      inputs: { x: [1, 4] },
      constants,
      nodes: [{ name: 'y', op, input }],
      outputs: ['y'],
    });
    const json = JSON.parse(new TextDecoder().decode(files.get('model.json'))) as {
      modelTopology: { node: { name: string; attr: object }[]; library?: object };
    };
    json.modelTopology.library = { function: [body('positive', 'Relu'), body('negative', 'Neg')] };
    const node = json.modelTopology.node.find(({ name }) => name === 'y');
    if (node) node.attr = attr;
    return new Map(files).set('model.json', new TextEncoder().encode(JSON.stringify(json)));
  };
  const run = async (files: Map<string, Uint8Array>) => {
    const { onnx } = await convert(files);
    return readGraph(onnx).nodes.map(({ op }) => op);
  };

  test('a call is put in place', async () => {
    expect(await run(call('PartitionedCall', { f: { func: { name: 'negative' } } }, {}, ['x']))).toEqual([
      'Neg',
      'Identity',
    ]);
  });

  test('of a branch, the one that is taken', async () => {
    const attr = { then_branch: { func: { name: 'positive' } }, else_branch: { func: { name: 'negative' } } };
    const files = (value: number) =>
      call('StatelessIf', attr, { c: { dims: [], data: [value], dtype: 'bool' } }, ['c', 'x']);
    expect(await run(files(1))).toEqual(['Relu', 'Identity']);
    expect(await run(files(0))).toEqual(['Neg', 'Identity']);
    await expect(run(call('StatelessIf', attr, {}, ['x', 'x']))).rejects.toThrow(
      'StatelessIf "y" branches by what is known only while the network runs.',
    );
  });
});
