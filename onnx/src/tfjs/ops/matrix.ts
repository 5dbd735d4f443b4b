/** Matrix products. Sources: tensorflow/core/ops/math_ops.cc, linalg_ops.cc. */
import { ints, string } from '../../proto/attribute.js';
import { permute } from '../../proto/permute.js';
import type { Value } from '../value.js';
import { fused } from './convolution.js';
import type { Op, OpContext, Ops } from './op.js';

/** An operand whose last two axes are swapped where asked. */
function operand(context: OpContext, index: number, swapped: boolean): string {
  const { values } = context;
  if (!swapped) return context.own(index);
  const rank = context.rank(index);
  if (rank < 2) context.refuse('a matrix has less than two axes');
  const order = Array.from({ length: rank }, (_, axis) => axis);
  [order[rank - 2], order[rank - 1]] = [rank - 1, rank - 2];
  const constant = context.constant(index);
  if (constant) return values.builder.constant(permute(constant, order));
  return values.builder.node('Transpose', [context.own(index)], { perm: ints(order) });
}

const product =
  (left: string, right: string) =>
  (context: OpContext): Value => {
    const names = [
      operand(context, 0, context.node.bool(left)),
      operand(context, 1, context.node.bool(right)),
    ];
    return context.values.addOwn('MatMul', names);
  };

const matMul = product('transpose_a', 'transpose_b');
const batched = product('adj_x', 'adj_y');

const einsum: Op = (context) => {
  const equation = context.node.text('equation', '');
  if (!/^[a-zA-Z.,> -]{2,200}$/.test(equation)) context.refuse('its equation cannot be read');
  const names = context.inputs.map((_, index) => context.own(index));
  return context.values.addOwn('Einsum', names, { equation: string(equation) });
};

export const MATRIX: Ops = {
  MatMul: matMul,
  _FusedMatMul: (context) => fused(context, matMul(context)),
  BatchMatMul: batched,
  BatchMatMulV2: batched,
  Einsum: einsum,
};
