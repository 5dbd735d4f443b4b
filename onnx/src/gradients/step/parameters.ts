/** All weights that are trained as one vector, in which an optimiser needs a dozen nodes instead of a dozen per weight. */
import { ConversionError, quote } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import { float32, type NumericTensor, sizeOf, toFloat32 } from '../../proto/tensor.js';

/** A weight's place in the vector. */
export interface Parameter {
  readonly name: string;
  readonly dims: readonly number[];
  readonly offset: number;
  readonly size: number;
}

export interface ParameterLayout {
  readonly parameters: readonly Parameter[];
  /** Elements in all. */
  readonly size: number;
  /** Elements from the start on that weight decay applies to: kernels, not biases and factors of normalisations. */
  readonly decayed: number;
}

function tensorOf(graph: Graph, name: string): NumericTensor {
  const tensor = graph.initializers.get(name);
  if (!tensor) throw new ConversionError(`There is no weight ${quote(name)} in the model to be trained.`);
  if (tensor.type !== 'float32')
    throw new ConversionError(`The weight ${quote(name)} is ${tensor.type}: only float32 can be trained.`);
  return tensor;
}

/** Puts tensors one after the other. */
export function layoutOf(entries: readonly (readonly [string, readonly number[]])[]): Parameter[] {
  let offset = 0;
  return entries.map(([name, dims]) => {
    const parameter = { name, dims, offset, size: sizeOf(dims) };
    offset += parameter.size;
    return parameter;
  });
}

/** @param names initializers of the graph, each float32 @throws ConversionError naming one that is not */
export function parameterLayout(graph: Graph, names: readonly string[]): ParameterLayout {
  const unique = [...new Set(names)];
  if (unique.length === 0) throw new ConversionError('No weight was chosen to be trained.');
  const tensors = unique.map((name) => [name, tensorOf(graph, name).dims] as const);
  const kernels = tensors.filter(([, dims]) => dims.length > 1);
  const parameters = layoutOf([...kernels, ...tensors.filter(([, dims]) => dims.length <= 1)]);
  const sum = (list: readonly Parameter[]) => list.reduce((total, { size }) => total + size, 0);
  return { parameters, size: sum(parameters), decayed: sum(parameters.slice(0, kernels.length)) };
}

/** The weights' values in a graph as one vector. */
export function packed(graph: Graph, parameters: readonly Parameter[]): Float32Array {
  const vector = new Float32Array(parameters.reduce((total, { size }) => total + size, 0));
  for (const { name, offset } of parameters) vector.set(toFloat32(tensorOf(graph, name)), offset);
  return vector;
}

/** The vector as tensors by name, copied. */
export function unpacked(vector: Float32Array, parameters: readonly Parameter[]): Map<string, NumericTensor> {
  return new Map(
    parameters.map(({ name, dims, offset, size }) => [
      name,
      float32(vector.slice(offset, offset + size), dims),
    ]),
  );
}
