import { judgeSteps, type Step } from '@scry/stress/scale/break-point';
import { runLadder } from '@scry/stress/scale/ladder';

const step = (users: number, perSecond: number, more: Partial<Step> = {}): Step => ({
  users,
  perSecond,
  p50: 10,
  p99: 20,
  bad: 0,
  ...more,
});

describe('where a system breaks', () => {
  test('is nowhere while more users bring more answers', () => {
    expect(judgeSteps([step(1, 10), step(2, 20), step(4, 39)], 1000)).toEqual({ kind: 'growing' });
  });

  test('is not decided by one step that brought nothing', () => {
    expect(judgeSteps([step(1, 10), step(2, 20), step(4, 20)], 1000).kind).toBe('growing');
  });

  test('is saturated at the fewest users that reach the best throughput', () => {
    const verdict = judgeSteps([step(1, 10), step(2, 20), step(4, 30), step(8, 30.5), step(16, 30.2)], 1000);
    expect(verdict).toMatchObject({ kind: 'saturated', users: 4, perSecond: 30 });
  });

  test('is broken as soon as a prediction fails', () => {
    expect(judgeSteps([step(1, 10), step(2, 20, { bad: 3 })], 1000)).toMatchObject({
      kind: 'broken',
      users: 2,
    });
  });

  test('is broken when the slowest answers take longer than allowed', () => {
    const verdict = judgeSteps([step(1, 10, { p99: 1500 })], 1000);
    expect(verdict).toMatchObject({ kind: 'broken', users: 1 });
    expect(verdict.kind === 'broken' && verdict.sentence).toContain('1500 ms');
  });
});

test('each number of workers is climbed until it is saturated', async () => {
  const asked: string[] = [];
  const rungs = await runLadder({
    workers: [1, 2],
    users: [1, 2, 4, 8, 16, 32],
    maxP99Ms: 1000,
    scale: (workers) => {
      asked.push(`scale ${workers}`);
      return Promise.resolve();
    },
    measure: (workers, users) => {
      asked.push(`${workers}/${users}`);
      const latency = { count: 1, mean: 1, p50: 1, p90: 1, p95: 1, p99: 1, max: 1 };
      const perSecond = Math.min(users * 10, workers * 40);
      return Promise.resolve({ perSecond, latency, failed: 0, refused: 0 } as never);
    },
  });
  expect(rungs.map(({ verdict }) => verdict.kind)).toEqual(['saturated', 'saturated']);
  expect(asked).toContain('1/16');
  expect(asked).not.toContain('1/32');
  expect(asked).toContain('2/32');
});
