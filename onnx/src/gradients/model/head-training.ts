/**
 * Trains only a classifier's last layers on embeddings that were computed before: softmax regression, or a network with
 * one hidden layer. Loss and gradient over all embeddings are one run of a graph.
 */
import { ConversionError } from '../../errors.js';
import { GraphBuilder } from '../../graph/builder.js';
import { emptyGraph, type Graph } from '../../graph/graph.js';
import { int } from '../../proto/attribute.js';
import { float32, type NumericTensor } from '../../proto/tensor.js';
import { type ParameterLayout, packed, unpacked } from '../step/parameters.js';
import { type TrainingStep, trainingStep } from '../step/training-step.js';
import { normal } from '../trainer/random.js';
import { numbersOf, type Runtime, type RuntimeSession } from '../trainer/runtime.js';
import { type Evaluation, Tally } from '../trainer/trainer.js';
import { minimize } from './lbfgs.js';

/** Embeddings one after the other with a class each. */
export interface Embeddings {
  readonly values: Float32Array;
  readonly targets: ArrayLike<number>;
}

export interface HeadOptions {
  readonly classes: number;
  /** Length of an embedding. */
  readonly size: number;
  /** Inverse strength of the L2 penalty, as scikit-learn's LogisticRegression has it; 1 unless given. */
  readonly c?: number;
  /** A factor per class on the loss of its images. */
  readonly classWeights?: readonly number[];
  readonly labelSmoothing?: number;
  /** Units of a hidden layer with Relu; none unless given. */
  readonly hidden?: number;
  readonly iterations?: number;
  /** Ends after this many iterations without a lower loss on `validation`, with the best weights. */
  readonly patience?: number;
  readonly validation?: Embeddings;
  readonly seed?: number;
  /** @param progress.train and validation: without the penalty */
  readonly onIteration?: (progress: {
    iteration: number;
    train: Evaluation;
    validation: Evaluation | undefined;
  }) => void;
}

/** A dense layer on the embeddings as they are: standardisation is folded in. */
export interface DenseLayer {
  /** [outputs, inputs] */
  readonly weight: NumericTensor;
  readonly bias: NumericTensor;
}

export interface TrainedHead {
  /** One layer, or two with Relu between. */
  readonly layers: readonly DenseLayer[];
  readonly iterations: number;
  /** Iterations after which the weights were as they are: fewer where the last ones made the validation worse. */
  readonly bestIteration: number;
  /** On the embeddings learned from. */
  readonly train: Evaluation;
}

/** Scale of every embedding's element. */
interface Standard {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

function standardOf(values: Float32Array, size: number): Standard {
  const count = values.length / size;
  const mean = new Float64Array(size);
  const deviation = new Float64Array(size);
  values.forEach((value, at) => {
    mean[at % size] = (mean[at % size] as number) + value / count;
  });
  values.forEach((value, at) => {
    deviation[at % size] =
      (deviation[at % size] as number) + (value - (mean[at % size] as number)) ** 2 / count;
  });
  // An element that never changes says nothing; it must not be divided by zero.
  return { mean, deviation: deviation.map((variance) => (variance > 1e-12 ? Math.sqrt(variance) : 1)) };
}

function standardised(values: Float32Array, { mean, deviation }: Standard): Float32Array {
  const size = mean.length;
  return values.map((value, at) => (value - (mean[at % size] as number)) / (deviation[at % size] as number));
}

/** Gives the first layer the embeddings as they are instead of standardised ones. */
function unscaled({ weight, bias }: DenseLayer, { mean, deviation }: Standard): DenseLayer {
  const [outputs = 0, inputs = 0] = weight.dims;
  const weights = Float64Array.from(
    weight.data as Float32Array,
    (value, at) => value / (deviation[at % inputs] as number),
  );
  const biases = Float32Array.from({ length: outputs }, (_, row) => {
    let value = (bias.data as Float32Array)[row] as number;
    for (let column = 0; column < inputs; column += 1)
      value -= (weights[row * inputs + column] as number) * (mean[column] as number);
    return value;
  });
  return { weight: float32(Float32Array.from(weights), weight.dims), bias: float32(biases) };
}

function headGraph({ classes, size, hidden, seed = 0 }: HeadOptions): { graph: Graph; names: string[][] } {
  const builder = new GraphBuilder(emptyGraph());
  const draw = normal(seed, size, classes);
  const names: string[][] = [];
  const dense = (input: string, inputs: number, outputs: number, deviation: number) => {
    const weight = Float32Array.from({ length: inputs * outputs }, () =>
      deviation > 0 ? draw() * deviation : 0,
    );
    const pair = [
      builder.constant(float32(weight, [outputs, inputs]), `weight_${names.length}`),
      builder.constant(float32(new Float32Array(outputs)), `bias_${names.length}`),
    ];
    names.push(pair);
    return builder.node('Gemm', [input, ...pair], { transB: int(1) });
  };
  const input = builder.input('embedding', 'float32', ['batch', size]);
  // The loss of one layer has one minimum, so it may start at zero; two equal units would stay equal.
  const logits = hidden
    ? dense(
        builder.node('Relu', [dense(input, size, hidden, Math.sqrt(2 / size))]),
        hidden,
        classes,
        Math.sqrt(1 / hidden),
      )
    : dense(input, size, classes, 0);
  builder.output(logits, 'logits');
  return { graph: builder.graph, names };
}

function feedsOf(runtime: Runtime, { values, targets }: Embeddings, size: number) {
  const count = values.length / size;
  if (count === 0 || count !== targets.length)
    throw new ConversionError(`${values.length} numbers are not ${targets.length} embeddings of ${size}.`);
  return {
    image: runtime.tensor('float32', values, [count, size]),
    targets: runtime.tensor('int64', BigInt64Array.from(Array.from(targets), BigInt), [count]),
    sample_weights: runtime.tensor('float32', new Float32Array(count).fill(1), [count]),
  };
}

/** The mean loss with the penalty on kernels, and its gradient. */
function objective(
  runtime: Runtime,
  session: RuntimeSession,
  feeds: ReturnType<typeof feedsOf>,
  layout: ParameterLayout,
  penalty: number,
) {
  return async (at: Float64Array) => {
    const vector = Float32Array.from(at);
    const weights = runtime.tensor('float32', vector, [at.length]);
    const result = await session.run({ ...feeds, weights }, { loss: null, gradient: null });
    const gradient = Float64Array.from(numbersOf(result.gradient));
    let value = numbersOf(result.loss)[0] as number;
    for (let index = 0; index < layout.decayed; index += 1) {
      const weight = at[index] as number;
      value += (penalty / 2) * weight * weight;
      gradient[index] = (gradient[index] as number) + penalty * weight;
    }
    return { value, gradient };
  };
}

function stepOf(graph: Graph, names: readonly string[][], options: HeadOptions): TrainingStep {
  const { classWeights, labelSmoothing } = options;
  return trainingStep(graph, {
    trainable: names.flat(),
    optimizer: { kind: 'none' },
    ...(classWeights ? { classWeights } : {}),
    ...(labelSmoothing === undefined ? {} : { labelSmoothing }),
  });
}

type Measure = (at: Float64Array) => Promise<Evaluation>;

/** How weights do on standardised embeddings. */
function measureOf(
  runtime: Runtime,
  session: RuntimeSession,
  { values, targets }: Embeddings,
  { size, classes }: HeadOptions,
): Measure {
  const feeds = feedsOf(runtime, { values, targets }, size);
  return async (at) => {
    const weights = runtime.tensor('float32', Float32Array.from(at), [at.length]);
    const found = await session.run({ ...feeds, weights }, { loss: null, correct: null, logits: null });
    const [loss = 0, correct = 0] = [numbersOf(found.loss)[0], numbersOf(found.correct)[0]];
    const tally = new Tally({ classes, softTargets: false });
    tally.add(
      { images: values, targets },
      { count: targets.length, loss, correct, logits: numbersOf(found.logits) },
    );
    return tally.result();
  };
}

/** Watches the loss on other embeddings and keeps the best weights. */
class Watch {
  best: { readonly at: Float64Array; readonly iteration: number } | undefined;
  #loss = Number.POSITIVE_INFINITY;
  readonly #measure: Measure | undefined;
  readonly #patience: number;

  constructor(measure: Measure | undefined, patience = Number.POSITIVE_INFINITY) {
    this.#measure = measure;
    this.#patience = patience;
  }

  /** @returns how the weights do, and whether to go on */
  async look(
    iteration: number,
    at: Float64Array,
  ): Promise<{ validation: Evaluation | undefined; goOn: boolean }> {
    const validation = await this.#measure?.(at);
    if (!validation || validation.loss < this.#loss) {
      this.#loss = validation?.loss ?? this.#loss;
      this.best = { at, iteration };
    }
    return { validation, goOn: iteration - (this.best?.iteration ?? 0) < this.#patience };
  }
}

/**
 * Fits a head by L-BFGS over all embeddings at once. The same embeddings and seed give the same head.
 * @throws ConversionError when numbers and sizes do not fit
 */
export async function trainHead(
  runtime: Runtime,
  data: Embeddings,
  options: HeadOptions,
): Promise<TrainedHead> {
  const { size, c = 1, iterations = 200 } = options;
  const standard = standardOf(data.values, size);
  const { graph, names } = headGraph(options);
  const step = stepOf(graph, names, options);
  const training = await runtime.session(step.step);
  const measuring = await runtime.session(step.evaluation);
  try {
    const scaled = (part: Embeddings) => ({ ...part, values: standardised(part.values, standard) });
    const learned = scaled(data);
    const feeds = feedsOf(runtime, learned, size);
    const measure = measureOf(runtime, measuring, learned, options);
    const { validation, patience } = options;
    const watch = new Watch(
      validation && measureOf(runtime, measuring, scaled(validation), options),
      patience,
    );
    let taken = 0;
    const last = await minimize(
      Float64Array.from(packed(graph, step.weights.parameters)),
      objective(runtime, training, feeds, step.weights, 1 / (c * data.targets.length)),
      {
        iterations,
        tolerance: 1e-5,
        onIteration: async (iteration, at) => {
          taken = iteration;
          const seen = await watch.look(iteration, at);
          if (options.onIteration)
            options.onIteration({ iteration, train: await measure(at), validation: seen.validation });
          return seen.goOn;
        },
      },
    );
    const best = watch.best?.at ?? last;
    const tensors = unpacked(Float32Array.from(best), step.weights.parameters);
    const layers = names.map(([weight = '', bias = '']) => ({
      weight: tensors.get(weight) as NumericTensor,
      bias: tensors.get(bias) as NumericTensor,
    }));
    return {
      layers: layers.map((layer, index) => (index === 0 ? unscaled(layer, standard) : layer)),
      iterations: taken,
      bestIteration: watch.best?.iteration ?? taken,
      train: await measure(best),
    };
  } finally {
    await training.release();
    await measuring.release();
  }
}
