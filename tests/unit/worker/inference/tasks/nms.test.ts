import { type Candidate, overlap, strongest, suppress } from '@scry/worker/inference/tasks/nms';
import { randomFrom } from '../../../../helpers/images.js';

const box = (x0: number, y0: number, x1: number, y1: number, score = 1, label = 0): Candidate => ({
  x0,
  y0,
  x1,
  y1,
  score,
  label,
});

function randomBoxes(seed: number, count: number): Candidate[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => {
    const [x, y] = [random() * 80, random() * 80];
    return box(x, y, x + 1 + random() * 40, y + 1 + random() * 40, random(), Math.floor(random() * 3));
  });
}

/** The definition, word by word: take the strongest that is left, drop what overlaps it, begin again. */
function bySpelling(candidates: Candidate[], iou: number): Candidate[] {
  const kept: Candidate[] = [];
  let left = [...candidates].sort((a, b) => b.score - a.score);
  while (left[0]) {
    const best = left[0];
    kept.push(best);
    left = left.slice(1).filter((other) => other.label !== best.label || overlap(other, best) <= iou);
  }
  return kept;
}

describe('overlap', () => {
  it.each([
    ['equal boxes', box(0, 0, 2, 2), box(0, 0, 2, 2), 1],
    ['half of each', box(0, 0, 2, 2), box(1, 0, 3, 2), 1 / 3],
    ['boxes that touch', box(0, 0, 1, 1), box(1, 0, 2, 1), 0],
    ['boxes apart', box(0, 0, 1, 1), box(5, 5, 6, 6), 0],
    ['boxes without area', box(1, 1, 1, 1), box(1, 1, 1, 1), 0],
  ])('of %s', (_name, a, b, expected) => {
    expect(overlap(a, b)).toBeCloseTo(expected, 10);
  });
});

describe('suppression', () => {
  it('does what its definition says, on random boxes', () => {
    for (let seed = 0; seed < 100; seed++) {
      const boxes = randomBoxes(seed, 60);
      expect(suppress([...boxes], 0.4, 1000)).toEqual(bySpelling(boxes, 0.4));
    }
  });

  it('keeps overlapping boxes of different classes', () => {
    expect(suppress([box(0, 0, 2, 2, 0.9, 0), box(0, 0, 2, 2, 0.8, 1)], 0.45, 10)).toHaveLength(2);
  });

  it('stops at the number that was asked for, and keeps the strongest', () => {
    const boxes = randomBoxes(7, 200);
    expect(suppress([...boxes], 0.9, 5)).toEqual(suppress([...boxes], 0.9, 1000).slice(0, 5));
  });

  it('looks at no more boxes than it can in reasonable time', () => {
    const boxes = randomBoxes(3, 100_000).map((candidate) => ({ ...candidate, x1: candidate.x0 + 0.001 }));
    const start = performance.now();
    expect(suppress(boxes, 0.5, 300)).toHaveLength(300);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('orders without suppressing where a model did that itself', () => {
    expect(strongest([box(0, 0, 1, 1, 0.2), box(0, 0, 1, 1, 0.9), box(0, 0, 1, 1, 0.5)], 2)).toMatchObject([
      { score: 0.9 },
      { score: 0.5 },
    ]);
  });
});
