/** When a delivery is tried again and when it ends. Pure, so it is tested without a clock. */

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Seconds to wait after the first, second, … failed attempt: a little over a day in all. */
export const RETRY_DELAYS_S: readonly number[] = [
  5,
  30,
  2 * MINUTE,
  10 * MINUTE,
  HOUR,
  3 * HOUR,
  8 * HOUR,
  13 * HOUR,
];

/** No target can put a delivery off for longer than this. */
const LONGEST_WISH_S = 24 * HOUR;

/** How one attempt ended: an answer, or none and why. */
export type Attempt =
  | { readonly status: number; readonly retryAfterS: number | null }
  | { readonly status: null; readonly error: string };

export type Decision =
  | { readonly end: 'delivered' }
  | { readonly end: 'given_up'; readonly reason: string }
  | { readonly retryInS: number; readonly reason: string };

function describe(attempt: Attempt): string {
  if (attempt.status === null) return attempt.error;
  if (attempt.status >= 300 && attempt.status < 400)
    return `the target answered ${attempt.status}; redirects are not followed`;
  return `the target answered ${attempt.status}`;
}

/**
 * Decides what follows an attempt.
 * @param number of this attempt, from 1
 * @param random 0 to 1: spreads retries by ±10 %, so that many deliveries do not come back at one moment
 */
export function decide(attempt: Attempt, number: number, random: number): Decision {
  if (attempt.status !== null && attempt.status >= 200 && attempt.status < 300) return { end: 'delivered' };
  const reason = describe(attempt);
  if (attempt.status === 410) return { end: 'given_up', reason: 'the target answered 410: it is gone' };
  const delay = RETRY_DELAYS_S[number - 1];
  if (delay === undefined)
    return { end: 'given_up', reason: `${reason}; that was the last of ${number} attempts` };
  const wish = attempt.status === null ? 0 : Math.min(attempt.retryAfterS ?? 0, LONGEST_WISH_S);
  return { retryInS: Math.max(delay * (0.9 + random * 0.2), wish), reason };
}

/** Seconds that a `Retry-After` header asks for: a number, or a date; null when there is none that can be read. */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header);
  const date = /^[A-Z][a-z]{2}/.test(header) ? Date.parse(header) : Number.NaN; // Date.parse takes "-5" for a year
  return Number.isNaN(date) ? null : Math.max(0, (date - nowMs) / 1000);
}
