/** When requests are due. Pure, so a schedule is tested without a clock. */

export interface ArrivalPlan {
  /** Arrivals per second once the ramp is over. */
  readonly perSecond: number;
  /** Seconds over which the rate grows evenly from nothing. */
  readonly rampS: number;
  /** Seconds in all, the ramp included. */
  readonly durationS: number;
  /**
   * Gaps between arrivals, in units of the mean gap. Left out they are all 1: evenly spaced.
   * `exponentialGaps` gives those of independent clients.
   */
  readonly gap?: () => number;
}

/** Gaps of a Poisson process: many clients that know nothing of each other. @param random uniform from 0 up to 1 */
export function exponentialGaps(random: () => number): () => number {
  return () => -Math.log(1 - random());
}

/**
 * Moment at which so many arrivals have come, milliseconds after the start.
 * The rate grows as `r·t/ramp`, so `r·t²/(2·ramp)` have come by `t`; afterwards it is constant.
 */
export function arrivalTime(plan: Pick<ArrivalPlan, 'perSecond' | 'rampS'>, count: number): number {
  const { perSecond, rampS } = plan;
  const inRamp = (perSecond * rampS) / 2;
  const seconds =
    count < inRamp ? Math.sqrt((2 * rampS * count) / perSecond) : rampS + (count - inRamp) / perSecond;
  return seconds * 1000;
}

/** The moments at which requests are due, milliseconds after the start, in order. */
export function* arrivals(plan: ArrivalPlan): Generator<number> {
  const gap = plan.gap ?? (() => 1);
  for (let count = gap(); ; count += gap()) {
    const due = arrivalTime(plan, count);
    if (due >= plan.durationS * 1000) return;
    yield due;
  }
}

/** Moment at which a user of a closed loop begins, milliseconds after the start: users join evenly over the ramp. */
export function userStart(user: number, users: number, rampS: number): number {
  return (rampS * 1000 * user) / users;
}
