import { macroF1, measureAnswers, ofClass, wilson } from '@scry/worker/jobs/train/metrics';

const CONFUSION = [
  [8, 2, 0],
  [1, 9, 0],
  [0, 0, 0],
];

it("Wilson's interval is that of the tables", () => {
  const [low, high] = wilson(81, 263);
  expect(low).toBeCloseTo(0.2553, 4);
  expect(high).toBeCloseTo(0.3662, 4);
  expect(wilson(0, 0)).toEqual([0, 1]);
  expect(wilson(10, 10)[1]).toBeCloseTo(1, 12);
});

it('precision, recall and F1 follow from the confusion matrix', () => {
  const first = ofClass(CONFUSION, 0);
  expect(first.images).toBe(10);
  expect(first.precision).toBeCloseTo(8 / 9, 12);
  expect(first.recall).toBeCloseTo(0.8, 12);
  expect(first.f1).toBeCloseTo(16 / 19, 12);
});

it('a class without images does not count in the mean F1', () => {
  expect(macroF1(CONFUSION)).toBeCloseTo((16 / 19 + 18 / 21) / 2, 12);
});

it('answers are measured with the most certain mistakes first', () => {
  const measured = measureAnswers({
    classes: ['a', 'b'],
    ids: ['1', '2', '3', '4'],
    targets: [0, 0, 1, 1],
    probabilities: Float32Array.of(0.9, 0.1, 0.3, 0.7, 0.2, 0.8, 0.95, 0.05),
  });
  expect(measured).toMatchObject({
    accuracy: 0.5,
    confusion: [
      [1, 1],
      [1, 1],
    ],
  });
  expect(measured.mistakes.map(({ item, answered }) => [item, answered])).toEqual([
    ['4', 'a'],
    ['2', 'b'],
  ]);
  expect(measured.loss).toBeCloseTo(-(Math.log(0.9) + Math.log(0.3) + Math.log(0.8) + Math.log(0.05)) / 4, 5);
  expect(measured.calibration.map(({ images }) => images)).toEqual([1, 2, 1]);
});
