/** Where a system stops keeping up, from measurements with more and more users. Pure. */

export interface Step {
  readonly users: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** Failed and refused. */
  readonly bad: number;
}

/** How the search for the limit goes on after a step. */
export type Verdict =
  | { readonly kind: 'growing' }
  | {
      readonly kind: 'saturated';
      readonly users: number;
      readonly perSecond: number;
      readonly sentence: string;
    }
  | {
      readonly kind: 'broken';
      readonly users: number;
      readonly perSecond: number;
      readonly sentence: string;
    };

/** More users that bring less than this much more throughput only wait longer. */
const WORTHWHILE_GROWTH = 1.05;

/**
 * Judges steps with ascending numbers of users.
 * Broken: answers fail, or 99 % take longer than allowed. Saturated: twice in a row more users brought no more answers;
 * the point is the least number of users that reaches 95 % of the best throughput.
 */
export function judgeSteps(steps: readonly Step[], maxP99Ms: number): Verdict {
  const last = steps.at(-1);
  if (!last) return { kind: 'growing' };
  const point = { users: last.users, perSecond: last.perSecond };
  if (last.bad > 0) {
    const sentence = `With ${last.users} users ${last.bad} predictions failed or were refused.`;
    return { kind: 'broken', ...point, sentence };
  }
  if (last.p99 > maxP99Ms) {
    const sentence = `With ${last.users} users 1 % of the answers took longer than ${Math.round(last.p99)} ms; ${maxP99Ms} ms were allowed.`;
    return { kind: 'broken', ...point, sentence };
  }
  const [before, between] = steps.slice(-3);
  if (steps.length < 3 || !before || !between) return { kind: 'growing' };
  const best = Math.max(between.perSecond, last.perSecond);
  if (best >= before.perSecond * WORTHWHILE_GROWTH) return { kind: 'growing' };
  const most = Math.max(...steps.map((step) => step.perSecond));
  const knee = steps.find((step) => step.perSecond >= most / WORTHWHILE_GROWTH) ?? last;
  const sentence = `Saturated from ${knee.users} users on: ${knee.perSecond.toFixed(1)} answers/s, and more users only wait longer.`;
  return { kind: 'saturated', users: knee.users, perSecond: knee.perSecond, sentence };
}
