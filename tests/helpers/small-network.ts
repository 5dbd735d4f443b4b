/** Small classifiers to be trained in tests. */

import type { Batch } from '@scry/onnx/gradients/trainer/trainer';
import { GraphBuilder } from '@scry/onnx/graph/builder';
import type { Graph } from '@scry/onnx/graph/graph';
import { float, int, ints } from '@scry/onnx/proto/attribute';
import { float32, int64, scalar } from '@scry/onnx/proto/tensor';
import { seeded } from './numeric-gradient.js';

interface Parts {
  readonly normalised?: boolean;
  readonly dropout?: number;
  readonly classes?: number;
  readonly end?: 'Softmax' | 'Sigmoid' | 'none';
}

/** Convolution (2 → 3), batch normalisation, relu, pool, dropout, dense, softmax, for images of 2 × 6 × 6. */
export function smallNetwork({ normalised, dropout, classes = 3, end = 'Softmax' }: Parts = {}): Graph {
  const builder = new GraphBuilder();
  const random = seeded(3);
  const weight = (name: string, dims: number[], shift = 0) =>
    builder.constant(
      float32(
        Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => random() - 0.5 + shift),
        dims,
      ),
      name,
    );
  const image = builder.input('image', 'float32', ['batch', 2, 6, 6]);
  let x = builder.node('Conv', [image, weight('conv.weight', [3, 2, 3, 3]), weight('conv.bias', [3])], {
    pads: ints([1, 1, 1, 1]),
  });
  if (normalised) {
    const factors = [weight('norm.scale', [3], 1), weight('norm.bias', [3])];
    const averages = [weight('norm.mean', [3]), weight('norm.variance', [3], 1)];
    x = builder.node('BatchNormalization', [x, ...factors, ...averages], { momentum: float(0.75) });
  }
  x = builder.node('Sigmoid', [x]);
  x = builder.node('AveragePool', [x], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) });
  x = builder.node('Reshape', [x, builder.constant(int64([-1, 27]))]);
  if (dropout) x = builder.node('Dropout', [x, builder.constant(scalar(dropout))]);
  const dense = [weight('dense.weight', [classes, 27]), weight('dense.bias', [classes])];
  x = builder.node('Gemm', [x, ...dense], { transB: int(1) }, 'logits');
  builder.output(end === 'none' ? x : builder.node(end, [x], {}, 'probabilities'));
  return builder.graph;
}

export const SMALL_WEIGHTS = ['conv.weight', 'conv.bias', 'dense.weight', 'dense.bias'];

/** Images whose class shows in the brightness of a third of their rows. */
export function smallBatches(count: number, size: number, seed = 5): Batch[] {
  const random = seeded(seed);
  return Array.from({ length: count }, () => {
    const targets = Array.from({ length: size }, () => Math.floor(random() * 3));
    const images = new Float32Array(size * 72);
    targets.forEach((target, image) => {
      for (let at = 0; at < 72; at += 1) {
        const row = Math.floor((at % 36) / 12);
        images[image * 72 + at] = random() - 0.5 + (row === target ? 0.8 : 0);
      }
    });
    return { images, targets };
  });
}
