import { Latency, quantile, spread } from '@scry/stress/load/latency';

describe('latencies', () => {
  test('are read back within a part in a thousand', () => {
    const latency = new Latency();
    for (let ms = 1; ms <= 1000; ms++) latency.record(ms);
    const summary = latency.summary();
    expect(summary.count).toBe(1000);
    expect(Math.abs(summary.p50 - 500)).toBeLessThan(1);
    expect(Math.abs(summary.p99 - 990)).toBeLessThan(1.5);
    expect(Math.abs(summary.max - 1000)).toBeLessThan(1.5);
  });

  test('keep times below a millisecond apart', () => {
    const latency = new Latency();
    latency.record(0.25);
    expect(latency.percentile(50)).toBeCloseTo(0.25, 2);
  });

  test('take zero, and more than an hour, without failing', () => {
    const latency = new Latency();
    latency.record(0);
    latency.record(1e9);
    expect(latency.count).toBe(2);
  });

  test('say zero when there are none', () => {
    expect(new Latency().summary()).toMatchObject({ count: 0, mean: 0, p50: 0, max: 0 });
    expect(quantile([], 0.5)).toBe(0);
  });
});

describe('the spread of repeated measurements', () => {
  test('is median, smallest and largest', () => {
    expect(spread([5, 1, 3])).toEqual({ median: 3, min: 1, max: 5 });
    expect(spread([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
    expect(spread([7])).toEqual({ median: 7, min: 7, max: 7 });
  });

  test('of nothing is refused', () => {
    expect(() => spread([])).toThrow('no measurement');
  });
});
