import { ints } from '../../proto/attribute.js';
import { float32, int64, scalar } from '../../proto/tensor.js';
import {
  type ImageInput,
  imageInput,
  type LayerContext,
  type LayerKind,
  moved,
  movedImage,
  only,
} from './layer-kind.js';
import { enlarge } from './resize.js';

const numbers = (context: LayerContext, values: readonly number[]) =>
  context.graph.constant(int64(values), 'shape');

const flatten: LayerKind = {
  build(context, inputs) {
    const value = only(context, inputs);
    const { graph, settings } = context;
    let x = graph.plain(value);
    const rank = graph.rankOf(value);
    if (rank === 2) return moved(value, x);
    // Keras 2 brings channels to the end first, so that weights fit whatever the layout was.
    if (settings.channelsFirst && rank > 2 && context.kerasVersion < 3) {
      const order = [0, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1];
      x = context.node('Transpose', [x], { perm: ints(order) });
    }
    return moved(value, context.node('Reshape', [x, numbers(context, rank < 2 ? [-1, 1] : [0, -1])]));
  },
};

const reshape: LayerKind = {
  build(context, inputs) {
    const value = only(context, inputs);
    const target = context.settings.integers('target_shape', [-1]);
    if (target.filter((size) => size < 0).length > 1 || target.some((size) => size === 0 || size < -1))
      context.settings.refuse(`has the impossible target_shape [${target}]`);
    const shape = context.graph.shapeOf(value).slice(1);
    const known = shape.every((size) => typeof size === 'number') && !target.includes(-1);
    const count = (sizes: readonly unknown[]) =>
      sizes.reduce<number>((all, size) => all * (size as number), 1);
    if (known && count(shape) !== count(target))
      context.settings.refuse(`cannot make [${target}] of [${shape}]`);
    return moved(
      value,
      context.node('Reshape', [context.graph.plain(value), numbers(context, [0, ...target])]),
    );
  },
};

const permute: LayerKind = {
  build(context, inputs) {
    const value = only(context, inputs);
    const order = context.settings.integers('dims', []);
    const rank = context.graph.rankOf(value);
    if (
      [...order].sort((a, b) => a - b).join() !==
      Array.from({ length: rank - 1 }, (_, axis) => axis + 1).join()
    )
      context.settings.refuse(`cannot bring ${rank - 1} axes into the order [${order}]`);
    const name = context.node('Transpose', [context.graph.plain(value)], { perm: ints([0, ...order]) });
    return moved(value, name);
  },
};

const zeroPadding: LayerKind = {
  build(context, inputs) {
    const value = only(context, inputs);
    const image = imageInput(context, value);
    const [[top, bottom], [left, right]] = context.settings.margins('padding');
    const pads = numbers(context, [0, 0, top, left, 0, 0, bottom, right]);
    const zero = context.graph.constant(float32([0], []), 'zero');
    return image.wrap(context.node('Pad', [image.name, pads, zero]));
  },
};

const cropping: LayerKind = {
  build(context, inputs) {
    const value = only(context, inputs);
    const image: ImageInput = imageInput(context, value);
    const [[top, bottom], [left, right]] = context.settings.margins('cropping');
    const end = (size: number) => (size === 0 ? Number.MAX_SAFE_INTEGER : -size);
    const name = context.node('Slice', [
      image.name,
      numbers(context, [top, left]),
      numbers(context, [end(bottom), end(right)]),
      numbers(context, [2, 3]),
    ]);
    return movedImage(context, value, name);
  },
};

const upSampling: LayerKind = {
  build(context, inputs) {
    const value = only(context, inputs);
    const image = imageInput(context, value);
    const factors = context.settings.pair('size', [2, 2]);
    return image.wrap(
      enlarge(context, image.name, factors, context.settings.text('interpolation', 'nearest')),
    );
  },
};

/** Layers that do something only while training. */
const nothing: LayerKind = { build: (context, inputs) => only(context, inputs) };

const dropout: LayerKind = {
  build(context, inputs) {
    const value = only(context, inputs);
    const rate = context.settings.number('rate', 0);
    if (!context.training || rate <= 0) return value;
    return {
      ...value,
      name: context.node('Dropout', [value.name, context.constant('rate', () => scalar(rate))]),
    };
  },
};

export const SHAPE: Readonly<Record<string, LayerKind>> = {
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  ZeroPadding2D: zeroPadding,
  Cropping2D: cropping,
  UpSampling2D: upSampling,
  Identity: nothing,
  Dropout: dropout,
  FixedDropout: nothing,
  SpatialDropout1D: nothing,
  SpatialDropout2D: nothing,
  AlphaDropout: nothing,
  GaussianDropout: nothing,
  GaussianNoise: nothing,
  ActivityRegularization: nothing,
  StochasticDepth: nothing,
  RandAugment: nothing,
  AugMix: nothing,
  MixUp: nothing,
  CutMix: nothing,
};

/** The layers that change images at random do so only while training. */
export const RANDOM = nothing;
