import type { Graph } from './graph.js';

/** Removes nodes and constants on which no output depends. Nodes stand in the order they run, before and after. */
export function prune(graph: Graph): void {
  const used = new Set(graph.outputs.map(({ name }) => name));
  const kept = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => used.has(name))) continue;
    for (const name of node.inputs) used.add(name);
    kept.push(node);
  }
  graph.nodes = kept.reverse();
  // Nodes that carry a subgraph use names that do not stand among their inputs.
  const nested = graph.nodes.some((node) =>
    Object.values(node.attributes).some(({ kind }) => kind === 'raw'),
  );
  if (nested) return;
  for (const name of graph.initializers.keys()) if (!used.has(name)) graph.initializers.delete(name);
}
