import { ConversionError, quote } from '../errors.js';
import type { Graph } from './graph.js';

/** Renames values: `names` holds the new name by the old one. Inputs keep theirs. */
function renameValues(graph: Graph, names: ReadonlyMap<string, string>): void {
  const renamed = (name: string) => names.get(name) ?? name;
  for (const node of graph.nodes) {
    node.inputs = node.inputs.map(renamed);
    node.outputs = node.outputs.map(renamed);
  }
  graph.outputs = graph.outputs.map((output) => ({ ...output, name: renamed(output.name) }));
  graph.initializers = new Map([...graph.initializers].map(([name, tensor]) => [renamed(name), tensor]));
}

/**
 * Gives the outputs the names that callers know them by, and whatever has such a name already another.
 * @throws ConversionError when two outputs, or an input and an output, want the same name
 */
export function nameOutputs(graph: Graph, wanted: readonly string[]): void {
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const clash = wanted.find((name, index) => inputs.has(name) || wanted.indexOf(name) !== index);
  if (clash !== undefined) throw new ConversionError(`Two inputs or outputs have the name ${quote(clash)}.`);
  const current = graph.outputs.map(({ name }) => name);
  const names = new Map<string, string>();
  const taken = new Set([
    ...graph.nodes.flatMap(({ outputs }) => outputs),
    ...graph.initializers.keys(),
    ...inputs,
  ]);
  wanted.forEach((name, index) => {
    const old = current[index] as string;
    if (old === name) return;
    if (taken.has(name) && !current.includes(name)) {
      let free = `${name}_inner`;
      while (taken.has(free)) free += '_';
      taken.add(free);
      names.set(name, free);
    }
    names.set(old, name);
  });
  renameValues(graph, names);
}
