/** Optimisers over all weights as one vector. Formulas as in PyTorch 2 (torch.optim), so that settings carry over. */
import { int } from '../../proto/attribute.js';
import { numberOfElementType } from '../../proto/element-type.js';
import { tensor } from '../../proto/tensor.js';
import type { Ops } from '../ops.js';
import type { ParameterLayout } from './parameters.js';

export type OptimizerOptions =
  | {
      /** The step gives the gradient itself, for searches that go on from it. */
      readonly kind: 'none';
    }
  | {
      readonly kind: 'sgd';
      readonly momentum?: number;
      readonly nesterov?: boolean;
      /** Added to the gradient. */
      readonly weightDecay?: number;
    }
  | {
      /** `adam` adds weight decay to the gradient, `adamw` takes it off the weights. */
      readonly kind: 'adam' | 'adamw';
      readonly beta1?: number;
      readonly beta2?: number;
      readonly epsilon?: number;
      readonly weightDecay?: number;
    };

export interface OptimizerInputs {
  /** All as vectors of the layout's size, the rate and the number of the step (from 1) as scalars. */
  readonly weights: string;
  readonly gradient: string;
  readonly states: readonly string[];
  readonly rate: string;
  readonly step: string;
}

export interface OptimizerOutputs {
  readonly weights: string;
  readonly states: readonly string[];
}

/** Names of the vectors that an optimiser keeps between steps; all begin as zeros. */
export function stateNames(options: OptimizerOptions): readonly string[] {
  if (options.kind === 'none') return [];
  if (options.kind === 'sgd') return options.momentum ? ['momentum'] : [];
  return ['moment1', 'moment2'];
}

/** Scales a gradient down to a norm. */
export function clipped(ops: Ops, gradient: string, norm: number): string {
  const length = ops.node('Sqrt', [ops.node('ReduceSumSquare', [gradient], { keepdims: int(0) })]);
  const factor = ops.div(ops.number(norm), ops.add(length, ops.number(1e-6)));
  return ops.mul(gradient, ops.node('Min', [factor, ops.number(1)]));
}

/** Weight decay times the weights it applies to, zero for the others; undefined where there is none. */
function decay(
  ops: Ops,
  weights: string,
  { size, decayed }: ParameterLayout,
  factor = 0,
): string | undefined {
  if (factor === 0 || decayed === 0) return undefined;
  if (decayed === size) return ops.scale(weights, factor);
  const kernels = ops.slice(weights, [{ axis: 0, start: 0, end: decayed }]);
  return ops.pad(ops.scale(kernels, factor), [0], [size - decayed]);
}

const moved = (ops: Ops, old: string, fresh: string, keep: number) =>
  ops.add(ops.scale(old, keep), ops.scale(fresh, 1 - keep));

/** 1 − βᵗ. In double precision: with β = 0.999 the first steps would lose half of a float's digits. */
function correction(ops: Ops, beta: number, step: string): string {
  const double = (value: number) => ops.builder.constant(tensor('float64', [], Float64Array.of(value)));
  const count = ops.node('Cast', [step], { to: int(numberOfElementType('float64')) });
  return ops.toFloat(ops.sub(double(1), ops.node('Pow', [double(beta), count])));
}

function sgd(
  ops: Ops,
  inputs: OptimizerInputs,
  options: OptimizerOptions & { kind: 'sgd' },
  layout: ParameterLayout,
): OptimizerOutputs {
  const { weights, rate } = inputs;
  const added = decay(ops, weights, layout, options.weightDecay);
  const gradient = added ? ops.add(inputs.gradient, added) : inputs.gradient;
  const updated = (direction: string) => ops.sub(weights, ops.mul(direction, rate));
  const [old] = inputs.states;
  if (!options.momentum || !old) return { weights: updated(gradient), states: [] };
  const velocity = ops.add(ops.scale(old, options.momentum), gradient);
  const ahead = () => ops.add(gradient, ops.scale(velocity, options.momentum as number));
  return { weights: updated(options.nesterov ? ahead() : velocity), states: [velocity] };
}

function adam(
  ops: Ops,
  inputs: OptimizerInputs,
  options: OptimizerOptions & { kind: 'adam' | 'adamw' },
  layout: ParameterLayout,
): OptimizerOutputs {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  const { weights, rate, step } = inputs;
  const [old1 = '', old2 = ''] = inputs.states;
  const added = decay(ops, weights, layout, options.weightDecay);
  const decoupled = options.kind === 'adamw';
  const gradient = added && !decoupled ? ops.add(inputs.gradient, added) : inputs.gradient;
  const moment1 = moved(ops, old1, gradient, beta1);
  const moment2 = moved(ops, old2, ops.square(gradient), beta2);
  const root = ops.node('Sqrt', [correction(ops, beta2, step)]);
  const divisor = ops.add(ops.div(ops.node('Sqrt', [moment2]), root), ops.number(epsilon));
  const length = ops.div(rate, correction(ops, beta1, step));
  const start = added && decoupled ? ops.sub(weights, ops.mul(added, rate)) : weights;
  return {
    weights: ops.sub(start, ops.mul(ops.div(moment1, divisor), length)),
    states: [moment1, moment2],
  };
}

export function writeOptimizer(
  ops: Ops,
  inputs: OptimizerInputs,
  options: Exclude<OptimizerOptions, { kind: 'none' }>,
  layout: ParameterLayout,
): OptimizerOutputs {
  return options.kind === 'sgd' ? sgd(ops, inputs, options, layout) : adam(ops, inputs, options, layout);
}
