import { int, ints } from '../../proto/attribute.js';
import { imageInput, type LayerContext, type LayerKind, only } from './layer-kind.js';
import { slidingAttributes } from './padding.js';

function pooling(op: 'MaxPool' | 'AveragePool'): LayerKind {
  return {
    build(context, inputs) {
      const image = imageInput(context, only(context, inputs));
      const kernel = context.settings.pair('pool_size', [2, 2]);
      const strides = context.settings.pair('strides', kernel);
      const { dilations, ...attributes } = slidingAttributes(context, image, {
        kernel,
        strides,
        dilations: [1, 1],
      });
      const average = op === 'AveragePool' ? { count_include_pad: int(0) } : {};
      return image.wrap(context.node(op, [image.name], { ...attributes, ...average }));
    },
  };
}

function globalPooling(op: 'GlobalMaxPool' | 'GlobalAveragePool'): LayerKind {
  return {
    build(context, inputs) {
      const image = imageInput(context, only(context, inputs));
      const pooled = context.node(op, [image.name]);
      if (context.settings.flag('keepdims', false)) return image.wrap(pooled);
      return { name: context.node('Flatten', [pooled], { axis: int(1) }), channelsFirst: false };
    },
  };
}

/** Pools over all positions of a sequence: (batch, positions, channels). */
function sequencePooling(op: 'ReduceMean' | 'ReduceMax'): LayerKind {
  const build = (context: LayerContext, inputs: Parameters<LayerKind['build']>[1]) => {
    const value = only(context, inputs);
    if (context.graph.rankOf(value) !== 3) context.settings.refuse('takes a sequence of vectors');
    const axis = context.settings.channelsFirst ? 2 : 1;
    return {
      name: context.node(op, [context.graph.plain(value)], {
        axes: ints([axis]),
        keepdims: int(context.settings.flag('keepdims', false) ? 1 : 0),
      }),
      channelsFirst: false,
    };
  };
  return { build };
}

export const POOLING: Readonly<Record<string, LayerKind>> = {
  MaxPooling2D: pooling('MaxPool'),
  AveragePooling2D: pooling('AveragePool'),
  GlobalMaxPooling2D: globalPooling('GlobalMaxPool'),
  GlobalAveragePooling2D: globalPooling('GlobalAveragePool'),
  GlobalMaxPooling1D: sequencePooling('ReduceMax'),
  GlobalAveragePooling1D: sequencePooling('ReduceMean'),
};
