/** Every operation's gradient against the numeric one. Relative to the largest element of each gradient. */
import type { GraphBuilder } from '@scry/onnx/graph/builder';
import { type Attributes, float, int, ints, string } from '@scry/onnx/proto/attribute';
import { float32, int64 } from '@scry/onnx/proto/tensor';
import { type GradientCase, largestDifference } from '../../../helpers/numeric-gradient.js';

const TOLERANCE = 5e-4;

/** Values far enough from zero and from each other for operations with kinks: ±(0.1 + 0.1 k), shuffled. */
const apart = (index: number) => (((index * 37) % 101) - 50.5) * 0.1;
const positive = (_: number, random: () => number) => 0.5 + random();

type Inputs = Record<string, readonly number[]>;
const one = (op: string, attributes: Attributes = {}, more: Partial<GradientCase> = {}): GradientCase => ({
  inputs: { x: [2, 3, 2] },
  batched: ['x'],
  forward: (builder, { x }) => builder.node(op, [x as string], attributes),
  ...more,
});
const several = (
  op: string,
  inputs: Inputs,
  attributes: Attributes = {},
  more: Partial<GradientCase> = {},
): GradientCase => ({
  inputs,
  forward: (builder, names) => builder.node(op, Object.values(names), attributes),
  ...more,
});
/** The first input is the batch; constants follow it. */
const withConstants = (
  op: string,
  dims: readonly number[],
  constants: (builder: GraphBuilder) => string[],
  attributes: Attributes = {},
  more: Partial<GradientCase> = {},
): GradientCase => ({
  inputs: { x: dims },
  batched: ['x'],
  forward: (builder, { x }) => builder.node(op, [x as string, ...constants(builder)], attributes),
  ...more,
});

const ACTIVATIONS: Record<string, GradientCase> = {
  Relu: one('Relu', {}, { values: apart }),
  LeakyRelu: one('LeakyRelu', { alpha: float(0.3) }, { values: apart }),
  ThresholdedRelu: one('ThresholdedRelu', { alpha: float(1) }, { values: apart }),
  'Clip 0 to 6': withConstants(
    'Clip',
    [2, 20],
    (b) => [b.constant(float32([0], [])), b.constant(float32([6], []))],
    {},
    { values: (i) => apart(i) * 2 },
  ),
  'Clip without a lower limit': withConstants(
    'Clip',
    [2, 5],
    (b) => ['', b.constant(float32([1], []))],
    {},
    { values: apart },
  ),
  Sigmoid: one('Sigmoid'),
  HardSigmoid: one('HardSigmoid', { alpha: float(1 / 6), beta: float(0.5) }, { values: (i) => apart(i) * 2 }),
  HardSwish: one('HardSwish', {}, { values: (i) => apart(i) * 1.9 }),
  Tanh: one('Tanh'),
  Elu: one('Elu', { alpha: float(0.7) }, { values: apart }),
  Selu: one('Selu', {}, { values: apart }),
  Softplus: one('Softplus'),
  Softsign: one('Softsign', {}, { values: apart }),
  Mish: one('Mish', {}, { opset: 18 }),
  'Gelu, exact': one('Gelu', {}, { opset: 20 }),
  'Gelu, by tanh': one('Gelu', { approximate: string('tanh') }, { opset: 20 }),
  Erf: one('Erf'),
  PRelu: several('PRelu', { x: [2, 3, 2], slope: [3, 1] }, {}, { values: apart }),
  Exp: one('Exp'),
  Log: one('Log', {}, { values: positive }),
  Sqrt: one('Sqrt', {}, { values: positive }),
  Abs: one('Abs', {}, { values: apart }),
  Neg: one('Neg'),
  Reciprocal: one('Reciprocal', {}, { values: positive }),
  Sin: one('Sin'),
  Cos: one('Cos'),
  'swish, by Sigmoid and Mul': {
    inputs: { x: [2, 5] },
    batched: ['x'],
    forward: (b, { x = '' }) => b.node('Mul', [x, b.node('Sigmoid', [x])]),
  },
};

const ARITHMETIC: Record<string, GradientCase> = {
  'Add of equal shapes': several('Add', { a: [2, 3], b: [2, 3] }),
  'Add of a bias': several('Add', { a: [2, 3, 2], b: [3, 1] }, {}, { batched: ['a'] }),
  'Add of a scalar': several('Add', { a: [2, 3], b: [] }),
  'Sub, the first repeated': several('Sub', { a: [1, 3], b: [2, 3] }),
  'Mul by gates of channels': several(
    'Mul',
    { a: [2, 3, 2, 2], b: [2, 3, 1, 1] },
    {},
    { batched: ['a', 'b'] },
  ),
  'Div, both repeated': several('Div', { a: [2, 1, 3], b: [2, 1] }, {}, { values: positive }),
  'Pow 2': withConstants('Pow', [2, 3], (b) => [b.constant(float32([2], []))]),
  'Pow 3': withConstants('Pow', [2, 3], (b) => [b.constant(float32([3], []))]),
  'Pow by an exponent to be trained': several('Pow', { a: [2, 3], b: [3] }, {}, { values: positive }),
  'Sum of three': several('Sum', { a: [2, 3], b: [3], c: [2, 1] }),
  'Mean of two': several('Mean', { a: [2, 3], b: [2, 3] }),
  Max: several('Max', { a: [2, 3], b: [2, 3], c: [1, 3] }, {}, { values: apart }),
  Min: several('Min', { a: [2, 3], b: [2, 3] }, {}, { values: apart }),
  'a value used three times': {
    inputs: { x: [2, 3] },
    forward: (b, { x = '' }) => b.node('Mul', [b.node('Add', [x, b.node('Identity', [x])]), x]),
  },
  Where: {
    inputs: { a: [2, 3], b: [1, 3] },
    forward: (b, { a = '', b: other = '' }) =>
      b.node('Where', [
        b.node('Greater', [b.constant(float32([1, -1, 1])), b.constant(float32([0], []))]),
        a,
        other,
      ]),
  },
};

const axes =
  (...values: number[]) =>
  (b: GraphBuilder) => [b.constant(int64(values))];
const REDUCTIONS: Record<string, GradientCase> = {
  'ReduceMean over space': withConstants('ReduceMean', [2, 3, 2, 2], axes(2, 3), { keepdims: int(0) }),
  'ReduceMean by an attribute, keeping axes': { ...one('ReduceMean', { axes: ints([-1]) }), opset: 17 },
  'ReduceSum of everything': one('ReduceSum', { keepdims: int(0) }, { batched: [] }),
  'ReduceSum over the batch': withConstants('ReduceSum', [2, 3], axes(0)),
  ReduceSumSquare: withConstants('ReduceSumSquare', [2, 3], axes(1)),
  ReduceL2: withConstants('ReduceL2', [2, 3], axes(1), { keepdims: int(0) }, { values: positive }),
  ReduceMax: withConstants('ReduceMax', [2, 5], axes(1), { keepdims: int(0) }, { values: apart }),
  ReduceMin: withConstants('ReduceMin', [2, 5], axes(1), {}, { values: apart }),
  GlobalAveragePool: one('GlobalAveragePool', {}, { inputs: { x: [2, 3, 2, 3] } }),
  GlobalMaxPool: one('GlobalMaxPool', {}, { inputs: { x: [2, 3, 2, 3] }, values: apart }),
  'Softmax over channels': one('Softmax', { axis: int(1) }),
  'Softmax over the last axis': one('Softmax'),
  LogSoftmax: one('LogSoftmax', { axis: int(-1) }),
};

const LINEAR: Record<string, GradientCase> = {
  'Gemm with bias': several('Gemm', { a: [2, 3], b: [3, 4], c: [4] }, {}, { batched: ['a'] }),
  'Gemm, second transposed': several(
    'Gemm',
    { a: [2, 3], b: [4, 3], c: [1, 4] },
    { transB: int(1), alpha: float(0.5), beta: float(2) },
  ),
  'Gemm, first transposed': several('Gemm', { a: [3, 2], b: [3, 4] }, { transA: int(1) }),
  'Gemm, both transposed': several('Gemm', { a: [3, 2], b: [4, 3] }, { transA: int(1), transB: int(1) }),
  'MatMul of matrices': several('MatMul', { a: [2, 3], b: [3, 4] }, {}, { batched: ['a'] }),
  'MatMul of tokens by weights': several('MatMul', { a: [2, 3, 2], b: [2, 4] }, {}, { batched: ['a'] }),
  'MatMul of two batches': several('MatMul', { a: [2, 3, 2], b: [2, 2, 3] }, {}, { batched: ['a', 'b'] }),
  'MatMul with a batch repeated': several('MatMul', { a: [2, 2, 3, 2], b: [1, 2, 2, 3] }),
};

const reshape =
  (...target: number[]) =>
  (b: GraphBuilder) => [b.constant(int64(target))];
const numbers =
  (...lists: number[][]) =>
  (b: GraphBuilder) =>
    lists.map((list) => b.constant(int64(list)));
const LAYOUT: Record<string, GradientCase> = {
  Reshape: withConstants('Reshape', [2, 3, 4], reshape(0, -1)),
  Flatten: one('Flatten'),
  Squeeze: withConstants('Squeeze', [2, 3, 1, 1], numbers([2, 3])),
  Unsqueeze: withConstants('Unsqueeze', [2, 3], numbers([1])),
  Transpose: one('Transpose', { perm: ints([0, 2, 1]) }),
  'Transpose without an order': one('Transpose', {}, { batched: [] }),
  Concat: several(
    'Concat',
    { a: [2, 3, 2], b: [2, 1, 2], c: [2, 2, 2] },
    { axis: int(1) },
    { batched: ['a', 'b', 'c'] },
  ),
  'Split, one part unused': {
    inputs: { x: [2, 6] },
    batched: ['x'],
    forward: (b, { x = '' }) => {
      const [first = '', , last = ''] = b.nodes(
        'Split',
        [x, b.constant(int64([1, 2, 3]))],
        { axis: int(1) },
        3,
      );
      return b.node('Mul', [b.node('Tanh', [first]), last]);
    },
  },
  Slice: withConstants('Slice', [2, 5, 4], numbers([1, 0], [4, 3], [1, 2])),
  'Slice with steps, from behind': withConstants(
    'Slice',
    [2, 7, 4],
    numbers([-6, 1], [7, 100], [1, 2], [2, 2]),
  ),
  Pad: withConstants('Pad', [2, 1, 3, 2], numbers([0, 0, 1, 0, 0, 0, 2, 1])),
  Expand: withConstants('Expand', [1, 3], numbers([2, 3]), {}, { batched: [] }),
  'Gather of several': withConstants('Gather', [2, 4, 3], numbers([2, 0, 2]), { axis: int(1) }),
  'Gather of one': withConstants('Gather', [2, 4, 3], (b) => [b.constant(int64([1], []))], { axis: int(1) }),
  DepthToSpace: one('DepthToSpace', { blocksize: int(2) }, { inputs: { x: [2, 4, 2, 2] } }),
  SpaceToDepth: one('SpaceToDepth', { blocksize: int(2) }, { inputs: { x: [2, 1, 4, 4] } }),
};

function conv(
  x: readonly number[],
  w: readonly number[],
  { strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], group = 1 } = {},
): GradientCase {
  const attributes = {
    strides: ints(strides),
    pads: ints(pads),
    dilations: ints(dilations),
    group: int(group),
  };
  return several('Conv', { x, w, b: [w[0] as number] }, attributes, { batched: ['x'] });
}

const CONVOLUTIONS: Record<string, GradientCase> = {
  '3×3 without padding': conv([2, 2, 5, 4], [3, 2, 3, 3]),
  '3×3 same': conv([2, 5, 4, 4], [3, 5, 3, 3], { pads: [1, 1, 1, 1] }),
  '3×3 same on a larger map': conv([1, 5, 9, 9], [2, 5, 3, 3], { pads: [1, 1, 1, 1] }),
  '3×3 stride 2': conv([2, 5, 5, 6], [3, 5, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }),
  '3×3 stride 2, few channels': conv([2, 2, 6, 6], [3, 2, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }),
  '3×3 stride 2, padded behind only': conv([2, 3, 6, 6], [3, 3, 3, 3], {
    strides: [2, 2],
    pads: [0, 0, 1, 1],
  }),
  '3×3 stride 3 that leaves a rest': conv([1, 5, 8, 8], [2, 5, 3, 3], { strides: [3, 3] }),
  '1×1': conv([2, 3, 3, 3], [4, 3, 1, 1]),
  '1×1 stride 2': conv([2, 3, 4, 5], [4, 3, 1, 1], { strides: [2, 2] }),
  '1×1 stride 2 that leaves a rest': conv([2, 5, 4, 4], [2, 5, 1, 1], { strides: [2, 2] }),
  '5×3, unequal strides and pads': conv([1, 5, 7, 6], [2, 5, 5, 3], { strides: [1, 2], pads: [2, 0, 1, 1] }),
  dilated: conv([1, 5, 7, 7], [2, 5, 3, 3], { dilations: [2, 2], pads: [2, 2, 2, 2] }),
  'dilated with stride': conv([1, 2, 8, 8], [2, 2, 3, 3], {
    dilations: [2, 1],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
  }),
  'in groups': conv([2, 4, 4, 4], [6, 2, 3, 3], { group: 2, pads: [1, 1, 1, 1] }),
  'in groups with stride': conv([2, 4, 5, 5], [4, 2, 3, 3], {
    group: 2,
    strides: [2, 2],
    pads: [1, 1, 1, 1],
  }),
  depthwise: conv([2, 3, 4, 4], [3, 1, 3, 3], { group: 3, pads: [1, 1, 1, 1] }),
  'depthwise stride 2': conv([2, 3, 5, 5], [3, 1, 3, 3], { group: 3, strides: [2, 2], pads: [1, 1, 1, 1] }),
  'depthwise stride 2, padded behind only': conv([2, 2, 6, 6], [2, 1, 5, 5], {
    group: 2,
    strides: [2, 2],
    pads: [1, 1, 2, 2],
  }),
  'depthwise with a multiplier': conv([2, 2, 4, 4], [4, 1, 3, 3], { group: 2, pads: [1, 1, 1, 1] }),
  'padded more than its kernel': conv([1, 2, 3, 3], [2, 2, 1, 1], { pads: [1, 1, 1, 1] }),
  'on one axis': several('Conv', { x: [2, 2, 6], w: [3, 2, 3] }, { pads: ints([1, 1]) }, { batched: ['x'] }),
  'transposed, stride 2': several(
    'ConvTranspose',
    { x: [2, 3, 3, 3], w: [3, 2, 2, 2], b: [2] },
    { strides: ints([2, 2]) },
    { batched: ['x'] },
  ),
  'transposed, padded, output padding': several(
    'ConvTranspose',
    { x: [1, 5, 3, 3], w: [5, 2, 3, 3] },
    { strides: ints([2, 2]), pads: ints([1, 1, 1, 1]), output_padding: ints([1, 1]) },
  ),
};

const pool = (op: string, dims: readonly number[], attributes: Attributes): GradientCase =>
  one(op, attributes, { inputs: { x: dims }, values: (index) => ((index * 37) % 101) * 0.1 });
const window = (size: number, stride: number, pads = 0): Attributes => ({
  kernel_shape: ints([size, size]),
  strides: ints([stride, stride]),
  pads: ints([pads, pads, pads, pads]),
});
const POOLS: Record<string, GradientCase> = {
  'MaxPool 2': pool('MaxPool', [2, 2, 4, 4], window(2, 2)),
  'MaxPool 2 that leaves a rest': pool('MaxPool', [2, 2, 5, 5], window(2, 2)),
  'MaxPool 2, rounded up': pool('MaxPool', [2, 2, 5, 5], { ...window(2, 2), ceil_mode: int(1) }),
  'MaxPool 3 stride 2, overlapping': pool('MaxPool', [2, 2, 5, 5], window(3, 2, 1)),
  'AveragePool 2': pool('AveragePool', [2, 2, 4, 4], window(2, 2)),
  'AveragePool 2 that leaves a rest': pool('AveragePool', [2, 2, 5, 5], window(2, 2)),
  'AveragePool 3 stride 2, pads not counted': pool('AveragePool', [2, 2, 5, 5], window(3, 2, 1)),
  'AveragePool 3, pads counted': pool('AveragePool', [1, 2, 4, 4], {
    ...window(3, 1, 1),
    count_include_pad: int(1),
  }),
  'AveragePool 3 stride 2, rounded up': pool('AveragePool', [1, 2, 6, 6], {
    ...window(3, 2),
    ceil_mode: int(1),
  }),
};

const NORMALISATIONS: Record<string, GradientCase> = {
  'BatchNormalization by fixed statistics': {
    inputs: { x: [2, 3, 2, 2], scale: [3], bias: [3] },
    batched: ['x'],
    forward: (b, { x = '', scale = '', bias = '' }) =>
      b.node('BatchNormalization', [
        x,
        scale,
        bias,
        b.constant(float32([0.1, -0.2, 0.3])),
        b.constant(float32([1, 2, 0.5])),
      ]),
  },
  LayerNormalization: several(
    'LayerNormalization',
    { x: [2, 3, 4], scale: [4], bias: [4] },
    {},
    { batched: ['x'] },
  ),
  'LayerNormalization over two axes': several(
    'LayerNormalization',
    { x: [2, 3, 2], scale: [3, 2] },
    { axis: int(1) },
  ),
  InstanceNormalization: several(
    'InstanceNormalization',
    { x: [2, 2, 3, 3], scale: [2], bias: [2] },
    {},
    { batched: ['x'] },
  ),
};

const resize = (scales: number[], attributes: Record<string, string>): GradientCase =>
  withConstants(
    'Resize',
    [2, 2, 3, 4],
    (b) => ['', b.constant(float32(scales))],
    Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, string(value)])),
  );
const RESIZES: Record<string, GradientCase> = {
  'nearest, floor': resize([1, 1, 2, 2], {
    mode: 'nearest',
    nearest_mode: 'floor',
    coordinate_transformation_mode: 'asymmetric',
  }),
  'nearest, rounded': resize([1, 1, 3, 2], { mode: 'nearest' }),
  'linear, half pixel': resize([1, 1, 2, 2], { mode: 'linear' }),
  'linear, corners aligned': resize([1, 1, 2, 3], {
    mode: 'linear',
    coordinate_transformation_mode: 'align_corners',
  }),
  'linear, reduced': resize([1, 1, 1, 0.5], { mode: 'linear', coordinate_transformation_mode: 'asymmetric' }),
};

const groups = {
  ACTIVATIONS,
  ARITHMETIC,
  REDUCTIONS,
  LINEAR,
  LAYOUT,
  CONVOLUTIONS,
  POOLS,
  NORMALISATIONS,
  RESIZES,
};
describe.each(Object.entries(groups))('%s', (_, cases) => {
  test.each(Object.entries(cases))('%s', async (_name, given) => {
    expect(await largestDifference(given)).toBeLessThan(TOLERANCE);
  });
});
