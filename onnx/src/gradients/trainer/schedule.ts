/** Learning rates over a training. */

export type Schedule =
  | { readonly kind: 'constant'; readonly rate: number; readonly warmUpSteps?: number }
  | {
      /** From `rate` to `end` along half a cosine. */
      readonly kind: 'cosine';
      readonly rate: number;
      readonly end?: number;
      readonly warmUpSteps?: number;
    }
  | {
      /** Up to `rate` and down to almost nothing, as torch.optim.lr_scheduler.OneCycleLR. */
      readonly kind: 'one-cycle';
      readonly rate: number;
      /** Share of the steps that go up, 0.3 unless given. */
      readonly rise?: number;
      /** The first rate is `rate` by this, 25 unless given. */
      readonly startDivisor?: number;
      /** The last rate is the first by this, 10,000 unless given. */
      readonly endDivisor?: number;
    };

/** From one rate to another along half a cosine. @param share of the way, 0 to 1 */
function cosine(from: number, to: number, share: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * Math.min(1, Math.max(0, share))))) / 2;
}

function oneCycle(schedule: Schedule & { kind: 'one-cycle' }, step: number, steps: number): number {
  const { rate, rise = 0.3, startDivisor = 25, endDivisor = 1e4 } = schedule;
  const first = rate / startDivisor;
  const top = rise * steps - 1;
  if (step <= top) return cosine(first, rate, top > 0 ? step / top : 1);
  return cosine(rate, first / endDivisor, (step - top) / Math.max(1, steps - 1 - top));
}

/** @param step from 0 @param steps of the whole training */
export function learningRate(schedule: Schedule, step: number, steps: number): number {
  if (schedule.kind === 'one-cycle') return oneCycle(schedule, step, steps);
  const { rate, warmUpSteps = 0 } = schedule;
  if (step < warmUpSteps) return (rate * (step + 1)) / warmUpSteps;
  if (schedule.kind === 'constant') return rate;
  return cosine(rate, schedule.end ?? 0, (step - warmUpSteps) / Math.max(1, steps - 1 - warmUpSteps));
}
