import { judgeSteps, type Step } from '@scry/stress/scale/break-point';
import {
  bestThroughput,
  type Climb,
  doublingUsers,
  exitCode,
  type LadderOptions,
  type Rung,
  runLadder,
} from '@scry/stress/scale/ladder';

const step = (users: number, perSecond: number, more: Partial<Step> = {}): Step => ({
  users,
  perSecond,
  p50: 10,
  p95: 15,
  p99: 20,
  failed: 0,
  refused: 0,
  sent: 100,
  reason: null,
  cpu: 0.5,
  ...more,
});

const sentence = (steps: readonly Step[], maxP99Ms = 1000) => {
  const verdict = judgeSteps(steps, maxP99Ms);
  return verdict.kind === 'growing' ? null : verdict.sentence;
};

describe('where a system breaks', () => {
  test('is nowhere while more users bring more answers', () => {
    expect(judgeSteps([step(1, 10), step(2, 20), step(4, 39)], 1000)).toEqual({ kind: 'growing' });
  });

  test('is not decided by one step that brought nothing', () => {
    expect(judgeSteps([step(1, 10), step(2, 20), step(4, 20)], 1000).kind).toBe('growing');
  });

  test('is saturated at the fewest users that reach the best throughput, and says what more users cost', () => {
    const more = { p50: 40, p95: 60 };
    const steps = [step(1, 10), step(2, 20), step(4, 30), step(8, 30.5), step(16, 30.2, more)];
    expect(judgeSteps(steps, 1000)).toMatchObject({ kind: 'saturated', users: 4, perSecond: 30 });
    expect(sentence(steps)).toBe(
      'saturates at 4 users: from there to 16 throughput no longer rises (30.0 → 30.2 answers/s), while p50 goes from 10.0 to 40.0 ms and p95 from 15.0 to 60.0 ms.',
    );
  });

  test('is broken as soon as a prediction fails, and says why', () => {
    const failing = step(2, 20, { failed: 3, reason: 'no answer within 60000 ms' });
    expect(judgeSteps([step(1, 10), failing], 1000)).toMatchObject({ kind: 'broken', users: 2 });
    expect(sentence([step(1, 10), failing])).toBe(
      'breaks at 2 users: 3 failed of 100 predictions (no answer within 60000 ms); with 1 user all was well, at best with 1 at 10.0 answers/s.',
    );
  });

  test('is broken when predictions are refused', () => {
    const refusing = step(4, 20, { refused: 7, failed: 1, reason: 'HTTP 429: too many unfinished.' });
    expect(sentence([step(1, 10), step(2, 21), refusing])).toBe(
      'breaks at 4 users: 1 failed and 7 were refused of 100 predictions (HTTP 429: too many unfinished); up to 2 users all was well, at best with 2 at 21.0 answers/s.',
    );
  });

  test('is broken when the slowest answers take longer than allowed', () => {
    const steps = [step(1, 10, { p99: 1500 })];
    expect(judgeSteps(steps, 1000)).toMatchObject({ kind: 'broken', users: 1 });
    expect(sentence(steps)).toContain('longer than 1,500 ms (p99), and 1,000 ms were allowed.');
  });
});

describe('a ladder', () => {
  const options = (asked: string[]): LadderOptions => ({
    workers: [1, 2],
    users: [1, 2, 4, 8, 16, 32],
    maxP99Ms: 1000,
    scale: (workers) => {
      asked.push(`scale ${workers}`);
      return Promise.resolve(0);
    },
    measure: (workers, users) => {
      asked.push(`${workers}/${users}`);
      return Promise.resolve(step(users, Math.min(users * 10, workers * 40)));
    },
  });

  test('is climbed by each number of workers until it is saturated', async () => {
    const asked: string[] = [];
    const { rungs, stopped } = await runLadder(options(asked));
    expect(stopped).toBeNull();
    expect(rungs.map(({ verdict }) => verdict)).toMatchObject([
      { kind: 'saturated', users: 4 },
      { kind: 'saturated', users: 8 },
    ]);
    expect(asked).toContain('1/16');
    expect(asked).not.toContain('1/32');
    expect(asked).toContain('2/32');
  });

  test('keeps what was measured before an error', async () => {
    const scale = (workers: number) =>
      workers === 2 ? Promise.reject(new Error('worker-2 did not start')) : Promise.resolve(0);
    const climb = await runLadder({ ...options([]), scale });
    expect(climb.rungs.map(({ workers }) => workers)).toEqual([1]);
    expect(climb.stopped).toEqual(new Error('worker-2 did not start'));
    expect(exitCode(climb, 0)).toBe(2);
  });

  test('throws the step away that was interrupted, and keeps those before', async () => {
    const controller = new AbortController();
    const measure = (_: number, users: number) => {
      if (users === 4) controller.abort();
      return Promise.resolve(step(users, users));
    };
    const climb = await runLadder({ ...options([]), measure, signal: controller.signal });
    expect(climb.rungs.map(({ steps }) => steps.map(({ users }) => users))).toEqual([[1, 2]]);
    expect(climb.stopped).toBe('interrupted');
    expect(exitCode(climb, 0)).toBe(130);
  });
});

test('users are doubled up to the limit, which is tried as well', () => {
  expect(doublingUsers(8)).toEqual([1, 2, 4, 8]);
  expect(doublingUsers(12)).toEqual([1, 2, 4, 8, 12]);
  expect(doublingUsers(1)).toEqual([1]);
});

describe('the exit code', () => {
  const climb = (...steps: Step[]): Climb => {
    const rung: Rung = { workers: 1, steps, verdict: judgeSteps(steps, 1000), othersCpu: 0 };
    return { rungs: [rung], stopped: null };
  };

  test('is 0 when the limit was found, by refusals too, and 1 when more failed than is allowed', () => {
    expect(exitCode(climb(step(1, 10), step(2, 20, { refused: 5 })), 0)).toBe(0);
    expect(exitCode(climb(step(1, 10), step(2, 20, { failed: 5 })), 0)).toBe(1);
    expect(exitCode(climb(step(1, 10), step(2, 20, { failed: 5 })), 5)).toBe(0);
  });

  test('is 1 when not even the fewest users were served', () => {
    expect(exitCode(climb(step(1, 10, { refused: 5 })), 0)).toBe(1);
  });

  test('goes with a best throughput that leaves out the step that broke', () => {
    const [rung] = climb(step(1, 10), step(2, 20), step(4, 30, { p99: 5000 })).rungs;
    expect(rung && bestThroughput(rung)).toBe(20);
  });
});
