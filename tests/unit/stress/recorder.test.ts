import { type Finished, Recorder } from '@scry/stress/load/recorder';
import type { Ending } from '@scry/stress/load/target';

const answered = (className = 'cat', confidence = 0.9, batchSize = 1): Ending => ({
  kind: 'answered',
  acceptedMs: 2,
  answer: { className, confidence },
  metrics: { stages: { queue: 1, inference: 3 }, batchSize },
});

const finished = (endedAt: number, ending: Ending, more: Partial<Finished> = {}): Finished => ({
  model: 'pets',
  image: 'a.jpg',
  scheduledAt: endedAt - 10,
  sentAt: endedAt - 9,
  endedAt,
  ending,
  ...more,
});

function recorded(...all: Finished[]) {
  const recorder = new Recorder(1000, 3000);
  for (const one of all) {
    recorder.markSent();
    recorder.record(one);
  }
  return recorder.result();
}

describe('a recorder', () => {
  test('charges the wait before a late send to the server', () => {
    const late = finished(2000, answered(), { scheduledAt: 1500, sentAt: 1990 });
    const { latency, lateness } = recorded(late);
    expect(Math.round(latency.p50)).toBe(500);
    expect(Math.round(lateness.p50)).toBe(490);
  });

  test('measures throughput between the ramp and the end, leaving out what came before or after', () => {
    const {
      perSecond,
      measuredS,
      answered: all,
    } = recorded(
      finished(500, answered()),
      finished(1500, answered()),
      finished(2500, answered()),
      finished(3500, answered()),
    );
    expect(measuredS).toBe(2);
    expect(perSecond).toBe(1);
    expect(all).toBe(4);
  });

  test('counts failures during the ramp too, with their reasons', () => {
    const result = recorded(
      finished(500, { kind: 'failed', reason: 'HTTP 500: oh' }),
      finished(600, { kind: 'failed', reason: 'HTTP 500: oh' }),
      finished(1600, { kind: 'refused', reason: 'HTTP 503: full' }),
    );
    expect(result).toMatchObject({ failed: 2, refused: 1, answered: 0, sent: 3 });
    expect(result.reasons[0]).toEqual({ reason: 'HTTP 500: oh', count: 2 });
  });

  test('fails an answer that differs from an earlier one to the same pixels', () => {
    const result = recorded(finished(1500, answered('cat', 0.9)), finished(1600, answered('dog', 0.8)));
    expect(result).toMatchObject({ answered: 1, failed: 1 });
    expect(result.reasons[0]?.reason).toContain('dog 0.800');
  });

  test('accepts the small differences that batches of other sizes make', () => {
    const result = recorded(
      finished(1500, answered('cat', 0.9)),
      finished(1600, answered('cat', 0.9001)),
      finished(1700, answered('lynx', 0.9002)),
    );
    expect(result.failed).toBe(0);
  });

  test('keeps batch sizes, stages and seconds apart', () => {
    const result = recorded(
      finished(1500, answered('cat', 0.9, 4)),
      finished(1600, answered('cat', 0.9, 4)),
      finished(2700, answered('cat', 0.9, 1)),
    );
    expect(result.batchSizes).toEqual({ 1: 1, 4: 2 });
    expect(Object.keys(result.stages)).toEqual(['queue', 'inference']);
    expect(result.seconds.map((second) => second.answered)).toEqual([0, 2]);
  });
});
