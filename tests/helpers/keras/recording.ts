/**
 * A model written down layer by layer, and computed by what each layer is said to compute. Owns the layers, their
 * weights and the numbers drawn for them.
 */
import { type Array3, count } from './compute.js';

export interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
  readonly trained: boolean;
}

/** A tensor of the model: an output of a layer's call, with its value for the image that the recorder drew. */
export interface Tensor {
  readonly layer: string;
  readonly node: number;
  readonly value: Array3;
}

type Compute = (inputs: readonly Array3[]) => Array3;

export interface RecordedCall {
  readonly inputs: readonly Tensor[];
  /** Positional and named arguments of operations, beside the first tensor. */
  readonly extra: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly node: number;
}

export interface RecordedLayer {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>> & { readonly name: string };
  readonly weights: readonly Weight[];
  readonly calls: RecordedCall[];
  readonly compute: Compute;
  readonly nested?: Recording;
}

interface Options {
  readonly name?: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly weights?: readonly Weight[];
  readonly extra?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly nested?: Recording;
}

const random = (state: { seed: number }) => {
  state.seed = (Math.imul(state.seed, 1664525) + 1013904223) >>> 0;
  return state.seed / 2 ** 32 - 0.5;
};

export class Recording {
  readonly name: string;
  readonly layers: RecordedLayer[] = [];
  readonly inputs: Tensor[] = [];
  outputs: Tensor[] = [];
  sequential = false;
  readonly #state: { seed: number };
  readonly #numbers = new Map<string, number>();

  constructor(name = 'model', seed = 1) {
    this.name = name;
    this.#state = { seed };
  }

  /** Random numbers around zero. */
  draw(shape: readonly number[], spread = 1, centre = 0): Float32Array {
    return Float32Array.from({ length: count(shape) }, () => centre + spread * random(this.#state));
  }

  weight(name: string, shape: readonly number[], spread = 1, centre = 0, trained = true): Weight {
    return { name, shape, data: this.draw(shape, spread, centre), trained };
  }

  #nameFor(className: string): string {
    const plain = className.toLowerCase();
    const number = this.#numbers.get(plain) ?? 0;
    this.#numbers.set(plain, number + 1);
    return number === 0 ? plain : `${plain}_${number}`;
  }

  input(shape: readonly number[], name?: string, stated: readonly (number | null)[] = shape): Tensor {
    const own = name ?? this.#nameFor('input');
    this.layers.push({
      className: 'InputLayer',
      config: { name: own, batch_shape: [null, ...stated] },
      weights: [],
      calls: [],
      compute: ([x]) => x as Array3,
    });
    const tensor = { layer: own, node: 0, value: { shape, data: this.draw(shape, 2) } };
    this.inputs.push(tensor);
    return tensor;
  }

  /** Adds a layer and calls it. */
  add(className: string, inputs: readonly Tensor[], compute: Compute, options: Options = {}): Tensor {
    const name = options.name ?? this.#nameFor(className);
    const layer: RecordedLayer = {
      className,
      config: { name, ...options.config },
      weights: options.weights ?? [],
      calls: [],
      compute,
      ...(options.nested ? { nested: options.nested } : {}),
    };
    this.layers.push(layer);
    return this.again(name, inputs, options);
  }

  /** Calls a layer that is there already. */
  again(name: string, inputs: readonly Tensor[], { extra = [], kwargs = {} }: Options = {}): Tensor {
    const layer = this.layers.find(({ config }) => config.name === name) as RecordedLayer;
    const node = layer.calls.length;
    layer.calls.push({ inputs, extra, kwargs, node });
    return { layer: name, node, value: layer.compute(inputs.map(({ value }) => value)) };
  }

  /** Computes the outputs for other inputs. */
  run(values: readonly Array3[]): Array3[] {
    const known = new Map(this.inputs.map(({ layer }, index) => [`0/${layer}`, values[index] as Array3]));
    const computed = ({ layer, node }: Tensor): Array3 => {
      const key = `${node}/${layer}`;
      const found = known.get(key);
      if (found) return found;
      const owner = this.layers.find(({ config }) => config.name === layer) as RecordedLayer;
      const result = owner.compute((owner.calls[node] as RecordedCall).inputs.map(computed));
      known.set(key, result);
      return result;
    };
    return this.outputs.map(computed);
  }

  /** Calls another model as a layer. */
  nest(model: Recording, input: Tensor): Tensor {
    const className = model.sequential ? 'Sequential' : 'Functional';
    return this.add(className, [input], (inputs) => model.run(inputs)[0] as Array3, {
      name: model.name,
      nested: model,
    });
  }
}
