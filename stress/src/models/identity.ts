import { GraphBuilder } from './graph.js';

/**
 * A model that costs next to nothing, so that what is measured is the system around it:
 * `pixels [n, 3, 32, 32]` to `probabilities [n, 3]`, the softmax of the mean of each channel.
 */
export function identity(): Uint8Array {
  const graph = new GraphBuilder('identity', 1);
  const pixels = graph.input('pixels', [3, 32, 32]);
  graph.output(graph.softmax(graph.globalAverage(pixels), 'probabilities'));
  return graph.encode();
}
