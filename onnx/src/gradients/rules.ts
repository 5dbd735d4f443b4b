import type { GradientRule } from './rule.js';
import { ACTIVATION } from './rules/activation.js';
import { ARITHMETIC } from './rules/arithmetic.js';
import { CONVOLUTION } from './rules/convolution.js';
import { LAYOUT } from './rules/layout.js';
import { LINEAR } from './rules/linear.js';
import { NORMALISATION } from './rules/normalisation.js';
import { POOL } from './rules/pool.js';
import { REDUCE } from './rules/reduce.js';
import { RESIZE } from './rules/resize.js';

/** How each of ONNX's operations carries a gradient backward. */
export const RULES: ReadonlyMap<string, GradientRule> = new Map(
  Object.entries({
    ...ACTIVATION,
    ...ARITHMETIC,
    ...CONVOLUTION,
    ...LAYOUT,
    ...LINEAR,
    ...NORMALISATION,
    ...POOL,
    ...REDUCE,
    ...RESIZE,
  }),
);
