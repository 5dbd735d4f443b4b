import { decide, parseRetryAfter, RETRY_DELAYS_S } from '@scry/api/webhooks/schedule';

const answered = (status: number, retryAfterS: number | null = null) => ({ status, retryAfterS });
const DAY_S = 24 * 3600;

describe('deciding what follows an attempt at a webhook', () => {
  it.each([200, 201, 202, 204])('ends with %i', (status) => {
    expect(decide(answered(status), 1, 0.5)).toEqual({ end: 'delivered' });
  });

  it('ends when the target says that it is gone', () => {
    expect(decide(answered(410), 1, 0.5)).toMatchObject({ end: 'given_up' });
  });

  it.each([301, 302, 307, 308, 400, 401, 404, 429, 500, 503])('tries again after %i', (status) => {
    expect(decide(answered(status), 1, 0.5)).toMatchObject({ retryInS: 5 });
  });

  it('says that redirects are not followed', () => {
    expect(decide(answered(302), 1, 0.5)).toMatchObject({ reason: expect.stringContaining('redirects') });
  });

  it('tries again when there was no answer, and keeps the reason', () => {
    expect(decide({ status: null, error: 'connection refused' }, 2, 0.5)).toEqual({
      retryInS: 30,
      reason: 'connection refused',
    });
  });

  it('keeps trying for a little over a day and then gives up', () => {
    const total = RETRY_DELAYS_S.reduce((sum, delay) => sum + delay, 0);
    expect(total).toBeGreaterThan(DAY_S);
    expect(total).toBeLessThan(1.2 * DAY_S);
    expect(decide(answered(500), RETRY_DELAYS_S.length + 1, 0.5)).toMatchObject({ end: 'given_up' });
  });

  it('waits as long as the target asks, but no longer than a day', () => {
    expect(decide(answered(429, 600), 1, 0.5)).toMatchObject({ retryInS: 600 });
    expect(decide(answered(503, 10 * DAY_S), 1, 0.5)).toMatchObject({ retryInS: DAY_S });
  });

  it('does not come back sooner than planned because a target asks for it', () => {
    expect(decide(answered(429, 1), 3, 0.5)).toMatchObject({ retryInS: 120 });
  });

  it('spreads retries by a tenth to either side', () => {
    expect(decide(answered(500), 3, 0)).toMatchObject({ retryInS: 108 });
    expect(decide(answered(500), 3, 1)).toMatchObject({ retryInS: 132 });
  });
});

describe('reading Retry-After', () => {
  const now = Date.parse('2030-01-01T00:00:00Z');

  it.each([
    ['120', 120],
    [' 7 ', 7],
    ['Tue, 01 Jan 2030 00:01:00 GMT', 60],
    ['Mon, 31 Dec 2029 00:00:00 GMT', 0],
    ['soon', null],
    ['-5', null],
  ])('takes %j as %p', (header, seconds) => {
    expect(parseRetryAfter(header, now)).toBe(seconds);
  });

  it('takes a missing header as no wish', () => {
    expect(parseRetryAfter(undefined, now)).toBeNull();
  });
});
