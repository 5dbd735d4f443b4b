/** Where a system stops keeping up, from measurements with more and more users. Pure. */
import { figure } from '../report/report.js';

export interface Step {
  readonly users: number;
  readonly perSecond: number;
  /** Milliseconds from image to answer. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly failed: number;
  /** Turned away by a server that said it has too much to do. */
  readonly refused: number;
  /** Of predictions sent, those that failed or were refused included. */
  readonly sent: number;
  /** The most frequent reason of a failure or refusal. */
  readonly reason: string | null;
  /** Share of all CPUs of this machine that was busy, 0 to 1. */
  readonly cpu: number;
}

/** How the search for the limit goes on after a step. `users` and `perSecond` are those of the breaking point. */
export type Verdict =
  | { readonly kind: 'growing' }
  | {
      readonly kind: 'saturated' | 'broken';
      readonly users: number;
      readonly perSecond: number;
      /** Goes on after "With 2 workers it …". */
      readonly sentence: string;
    };

/** More users that bring less than this much more throughput only wait longer. */
const WORTHWHILE_GROWTH = 1.05;

export const isGood = (step: Step, maxP99Ms: number): boolean =>
  step.failed + step.refused === 0 && step.p99 <= maxP99Ms;

function whyBroken(step: Step, maxP99Ms: number): string {
  const { failed, refused, sent, reason, p99 } = step;
  if (failed + refused === 0) {
    return `1 % of the answers took longer than ${figure(p99)} ms (p99), and ${figure(maxP99Ms)} ms were allowed`;
  }
  const counts = [failed > 0 ? `${failed} failed` : '', refused > 0 ? `${refused} were refused` : ''];
  const said = reason === null ? '' : ` (${reason.replace(/\.$/, '')})`;
  return `${counts.filter(Boolean).join(' and ')} of ${figure(sent)} predictions${said}`;
}

function broken(steps: readonly Step[], last: Step, maxP99Ms: number): Verdict {
  const before = steps.at(-2);
  const best = steps.slice(0, -1).reduce((a, b) => (b.perSecond > a.perSecond ? b : a), steps[0] ?? last);
  const until = before
    ? `; ${steps.length > 2 ? 'up to' : 'with'} ${named(before.users, 'user')} all was well, at best with ${best.users} at ${figure(best.perSecond)} answers/s`
    : '';
  const { users, perSecond } = last;
  return {
    kind: 'broken',
    users,
    perSecond,
    sentence: `breaks at ${named(users, 'user')}: ${whyBroken(last, maxP99Ms)}${until}.`,
  };
}

function saturated(steps: readonly Step[], last: Step): Verdict {
  const most = Math.max(...steps.map((step) => step.perSecond));
  const knee = steps.find((step) => step.perSecond >= most / WORTHWHILE_GROWTH) ?? last;
  const { users, perSecond } = knee;
  const sentence =
    `saturates at ${named(users, 'user')}: from there to ${last.users} throughput no longer rises ` +
    `(${figure(perSecond)} → ${figure(last.perSecond)} answers/s), while p50 goes from ${figure(knee.p50)} to ` +
    `${figure(last.p50)} ms and p95 from ${figure(knee.p95)} to ${figure(last.p95)} ms.`;
  return { kind: 'saturated', users, perSecond, sentence };
}

/**
 * Judges steps with ascending numbers of users.
 * Broken: answers fail, or 99 % take longer than allowed. Saturated: twice in a row more users brought no more answers;
 * the point is the least number of users that reaches 95 % of the best throughput.
 */
export function judgeSteps(steps: readonly Step[], maxP99Ms: number): Verdict {
  const last = steps.at(-1);
  if (!last) return { kind: 'growing' };
  if (!isGood(last, maxP99Ms)) return broken(steps, last, maxP99Ms);
  const [before, between] = steps.slice(-3);
  if (steps.length < 3 || !before || !between) return { kind: 'growing' };
  const best = Math.max(between.perSecond, last.perSecond);
  return best < before.perSecond * WORTHWHILE_GROWTH ? saturated(steps, last) : { kind: 'growing' };
}

/** "1 worker", "2 workers". */
export function named(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
