import { arrivals, arrivalTime, exponentialGaps, userStart } from '@scry/stress/load/arrivals';
import { seededUniform } from '@scry/stress/load/random';

describe('the schedule of an open loop', () => {
  test('spaces arrivals evenly when there is no ramp', () => {
    const due = [...arrivals({ perSecond: 4, rampS: 0, durationS: 1.1 })];
    expect(due).toEqual([250, 500, 750, 1000]);
  });

  test('sends half as many during the ramp as in the same time after it', () => {
    const due = [...arrivals({ perSecond: 100, rampS: 10, durationS: 20 })];
    const inRamp = due.filter((time) => time < 10_000).length;
    expect(inRamp).toBeCloseTo(500, -1);
    expect(due.length - inRamp).toBeCloseTo(1000, -1);
  });

  test('passes from the ramp to the full rate without a jump', () => {
    const plan = { perSecond: 100, rampS: 10 };
    const gaps = [499, 500, 501].map((count) => arrivalTime(plan, count + 1) - arrivalTime(plan, count));
    for (const gap of gaps) expect(gap).toBeCloseTo(10, 0);
  });

  test('keeps the mean rate with the gaps of independent clients', () => {
    const gap = exponentialGaps(seededUniform(7));
    const due = [...arrivals({ perSecond: 1000, rampS: 0, durationS: 20, gap })];
    expect(due.length / 20).toBeGreaterThan(970);
    expect(due.length / 20).toBeLessThan(1030);
    expect(due).toEqual([...due].sort((a, b) => a - b));
  });
});

test('users of a closed loop join evenly over the ramp', () => {
  expect([0, 1, 2, 3].map((user) => userStart(user, 4, 2))).toEqual([0, 500, 1000, 1500]);
});
