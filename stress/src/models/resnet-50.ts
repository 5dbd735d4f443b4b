import { GraphBuilder, type Value } from './graph.js';

/** Inner channels, blocks, first stride. Source: He et al., "Deep Residual Learning" (2015), table 1. */
const STAGES = [
  [64, 3, 1],
  [128, 4, 2],
  [256, 6, 2],
  [512, 3, 2],
] as const;

const EXPANSION = 4;

/** Keeps residual sums from growing with depth. */
const BRANCH_GAIN = 0.25;

/** The stride sits in the 3 × 3 convolution, as in the exports that people have ("version 1.5"). */
function bottleneck(graph: GraphBuilder, from: Value, channels: number, stride: number): Value {
  const wide = channels * EXPANSION;
  let value = graph.relu(graph.convolution(from, channels, { kernel: 1 }));
  value = graph.relu(graph.convolution(value, channels, { stride }));
  value = graph.convolution(value, wide, { kernel: 1, gain: BRANCH_GAIN });
  const fits = stride === 1 && from.dims[0] === wide;
  return graph.relu(graph.add(value, fits ? from : graph.convolution(from, wide, { kernel: 1, stride })));
}

/** ResNet-50, 224 × 224: `pixels [n, 3, 224, 224]` to `logits [n, 1000]`; 25.6 million weights. */
export function resnet50(): Uint8Array {
  const graph = new GraphBuilder('resnet-50', 50);
  let value = graph.input('pixels', [3, 224, 224]);
  value = graph.maxPool(graph.relu(graph.convolution(value, 64, { kernel: 7, stride: 2 })));
  for (const [channels, blocks, firstStride] of STAGES) {
    for (let block = 0; block < blocks; block++) {
      value = bottleneck(graph, value, channels, block === 0 ? firstStride : 1);
    }
  }
  graph.output(graph.dense(graph.globalAverage(value), 1000, 'logits'));
  return graph.encode();
}
