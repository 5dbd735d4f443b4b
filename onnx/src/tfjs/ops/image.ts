/** Operations on images and boxes. Sources: tensorflow/core/ops/image_ops.cc; TF.js' kernels of the same names. */
import { int, ints, string } from '../../proto/attribute.js';
import type { Value } from '../value.js';
import type { Op, OpContext, Ops } from './op.js';

/** Which grid a resize reads its pixels from. */
function coordinates({ node }: OpContext): 'align_corners' | 'half_pixel' | 'asymmetric' {
  if (node.bool('align_corners')) return 'align_corners';
  return node.bool('half_pixel_centers') ? 'half_pixel' : 'asymmetric';
}

/**
 * Which pixel is nearest: TF.js rounds half up when corners are aligned and takes the one below otherwise, which on the
 * grid of half pixels (where ONNX subtracts half a pixel) is rounding half up as well.
 */
const resize =
  (mode: 'linear' | 'nearest'): Op =>
  (context) => {
    const { values } = context;
    const [height, width] = context.numbers(1);
    if (!height || !width || height < 1 || width < 1) return context.refuse('its size is empty');
    const x = values.first(context.input(0));
    const shape = values.builder.shape(x);
    if (shape[2] === height && shape[3] === width) return { channelsFirst: x };
    const grid = coordinates(context);
    const attributes = {
      mode: string(mode),
      coordinate_transformation_mode: string(grid),
      nearest_mode: string(grid === 'asymmetric' ? 'floor' : 'round_prefer_ceil'),
    };
    return values.addFirst('Resize', [x, '', '', sizesOf(context, x, height, width)], attributes);
  };

/** Sizes for a Resize; those of a free batch are asked for while the network runs. */
function sizesOf(context: OpContext, x: string, height: number, width: number): string {
  const { builder } = context.values;
  const [batch, channels] = builder.shape(x);
  if (typeof batch === 'number' && typeof channels === 'number')
    return context.ints([batch, channels, height, width])[0] as string;
  const front = builder.node('Slice', [builder.node('Shape', [x]), ...context.ints([0], [2])]);
  return builder.node('Concat', [front, ...context.ints([height, width])], { axis: int(0) });
}

const blockOp =
  (op: 'DepthToSpace' | 'SpaceToDepth'): Op =>
  (context) => {
    const { node, values } = context;
    const block = node.int('block_size', 2);
    if (block < 1 || block > 256) context.refuse(`its block is ${block}`);
    if (node.text('data_format', 'NHWC') !== 'NHWC') context.refuse('its data format is not NHWC');
    return values.addFirst(op, [values.first(context.input(0))], { blocksize: int(block) });
  };

function pairs(flat: readonly number[], at: number): [number, number] {
  return [flat[2 * at] ?? 0, flat[2 * at + 1] ?? 0];
}

/** Only for images and blocks of height and width, which is how TensorFlow dilates convolutions. */
function blockOf(context: OpContext): [number, number] {
  const [h, w] = context.numbers(1);
  if (
    context.numbers(1).length !== 2 ||
    context.rank(0) !== 4 ||
    !h ||
    !w ||
    h < 1 ||
    w < 1 ||
    h > 256 ||
    w > 256
  )
    return context.refuse('it does not work on height and width');
  return [h, w];
}

/** Blocks of an image become images of the batch. */
const spaceToBatch: Op = (context) => {
  const { values } = context;
  const { builder } = values;
  const [bh, bw] = blockOf(context);
  const flat = context.numbers(2);
  const [rows, columns] = [pairs(flat, 0), pairs(flat, 1)];
  const x = values.first(context.input(0));
  const pads = context.ints([0, 0, rows[0], columns[0], 0, 0, rows[1], columns[1]]);
  const padded = values.checked(builder.node('Pad', [x, ...pads]));
  const [, channels, height, width] = builder.shape(padded);
  const known = [channels, height, width].every((size) => typeof size === 'number');
  if (!known || (height as number) % bh || (width as number) % bw)
    return context.refuse('its size does not fit its blocks');
  const [c, h, w] = [channels as number, (height as number) / bh, (width as number) / bw];
  const split = builder.node('Reshape', [padded, ...context.ints([-1, c, h, bh, w, bw])]);
  const moved = builder.node('Transpose', [split], { perm: ints([3, 5, 0, 1, 2, 4]) });
  return values.addFirst('Reshape', [moved, ...context.ints([-1, c, h, w])]);
};

const batchToSpace: Op = (context) => {
  const { values } = context;
  const { builder } = values;
  const [bh, bw] = blockOf(context);
  const flat = context.numbers(2);
  const [rows, columns] = [pairs(flat, 0), pairs(flat, 1)];
  const x = values.first(context.input(0));
  const [, c, h, w] = builder.shape(x);
  if (typeof c !== 'number' || typeof h !== 'number' || typeof w !== 'number')
    return context.refuse('its size is not known');
  const split = builder.node('Reshape', [x, ...context.ints([bh, bw, -1, c, h, w])]);
  const moved = builder.node('Transpose', [split], { perm: ints([2, 3, 4, 0, 5, 1]) });
  const whole = builder.node('Reshape', [moved, ...context.ints([-1, c, h * bh, w * bw])]);
  const bounds = context.ints([rows[0], columns[0]], [h * bh - rows[1], w * bw - columns[1]], [2, 3]);
  return values.addFirst('Slice', [whole, ...bounds]);
};

/** Inputs: boxes [n, 4], scores [n], most, IoU, and perhaps a least score and a sigma. */
const suppression: Op = (context) => {
  const { values, node } = context;
  const { builder } = values;
  if (context.inputs.length > 5 && context.number(5) !== 0)
    context.refuse('it lowers the scores of overlapping boxes');
  if (node.bool('pad_to_max_output_size')) context.refuse('it fills its output up');
  const boxes = builder.node('Unsqueeze', [context.own(0), ...context.ints([0])]);
  const scores = builder.node('Unsqueeze', [context.own(1), ...context.ints([0, 1])]);
  const threshold = context.inputs.length > 4 ? [context.own(4)] : [];
  const row = (name: string) => builder.node('Reshape', [name, ...context.ints([1])]);
  const inputs = [boxes, scores, row(context.own(2)), row(context.own(3)), ...threshold.map(row)];
  const rows = builder.node('NonMaxSuppression', inputs);
  const scalarTwo = builder.constant({ type: 'int64', dims: [], data: BigInt64Array.of(2n) });
  const indices: Value = values.addOwn('Gather', [rows, scalarTwo], { axis: int(1) });
  if (node.op === 'NonMaxSuppressionV5')
    return [indices, values.addOwn('Gather', [context.own(1), values.own(indices)])];
  if (node.op === 'NonMaxSuppressionV4') return [indices, values.addOwn('Size', [values.own(indices)])];
  return indices;
};

export const IMAGE: Ops = {
  ResizeBilinear: resize('linear'),
  ResizeNearestNeighbor: resize('nearest'),
  DepthToSpace: blockOp('DepthToSpace'),
  SpaceToDepth: blockOp('SpaceToDepth'),
  SpaceToBatchND: spaceToBatch,
  BatchToSpaceND: batchToSpace,
  NonMaxSuppression: suppression,
  NonMaxSuppressionV2: suppression,
  NonMaxSuppressionV3: suppression,
  NonMaxSuppressionV4: suppression,
  NonMaxSuppressionV5: suppression,
};
