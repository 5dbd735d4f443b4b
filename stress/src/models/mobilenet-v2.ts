import { GraphBuilder, type Value } from './graph.js';

/** Expansion, channels, repeats, first stride. Source: Sandler et al., "MobileNetV2" (2018), table 2. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** Keeps residual sums from growing with depth. */
const BRANCH_GAIN = 0.5;

function invertedResidual(
  graph: GraphBuilder,
  from: Value,
  expansion: number,
  channels: number,
  stride: number,
) {
  const [inChannels = 0] = from.dims;
  const hidden = inChannels * expansion;
  let value = from;
  if (expansion !== 1) value = graph.relu6(graph.convolution(value, hidden, { kernel: 1 }));
  value = graph.relu6(graph.convolution(value, hidden, { stride, groups: hidden }));
  value = graph.convolution(value, channels, { kernel: 1, gain: BRANCH_GAIN });
  return stride === 1 && inChannels === channels ? graph.add(from, value) : value;
}

/** MobileNetV2, width 1.0, 224 × 224: `pixels [n, 3, 224, 224]` to `logits [n, 1000]`; 3.5 million weights. */
export function mobilenetV2(): Uint8Array {
  const graph = new GraphBuilder('mobilenet-v2', 2);
  let value = graph.input('pixels', [3, 224, 224]);
  value = graph.relu6(graph.convolution(value, 32, { stride: 2 }));
  for (const [expansion, channels, repeats, firstStride] of STAGES) {
    for (let block = 0; block < repeats; block++) {
      value = invertedResidual(graph, value, expansion, channels, block === 0 ? firstStride : 1);
    }
  }
  value = graph.relu6(graph.convolution(value, 1280, { kernel: 1 }));
  graph.output(graph.dense(graph.globalAverage(value), 1000, 'logits'));
  return graph.encode();
}
