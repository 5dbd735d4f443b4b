/** How answers are scored against labels, and which settings are tried. */
import { manifestSchema } from '@scry/shared/models/model-folders';
import { isBetter, type Judged, scoreOf } from '@scry/worker/models/check/score';
import { numberSettings, resampleSettings, resizeSettings } from '@scry/worker/models/check/settings';

const answer = (class_index: number, confidence: number) => ({
  class_index,
  class_name: String(class_index),
  confidence,
});
const shows = (classIndex: number, ...answers: ReturnType<typeof answer>[]): Judged => ({
  truth: { kind: 'class', classIndex },
  answers,
});

const at = (cx: number, w = 0.2) => ({ cx, cy: 0.5, w, h: 0.2 });
const found = (class_index: number, confidence: number, cx: number) => ({
  ...answer(class_index, confidence),
  bbox: at(cx),
});
const boxes = (truths: [number, number][], answers: ReturnType<typeof found>[]): Judged => ({
  truth: { kind: 'boxes', boxes: truths.map(([classIndex, cx]) => ({ classIndex, box: at(cx) })) },
  answers,
});

test('accuracy counts images whose likeliest class is right', () => {
  const score = scoreOf([
    shows(0, answer(0, 0.9), answer(1, 0.1)),
    shows(1, answer(0, 0.6), answer(1, 0.4)),
    shows(1, answer(1, 0.7), answer(0, 0.3)),
    shows(0),
  ]);
  expect(score).toMatchObject({ images: 4, value: 0.5 });
  expect(score.certainty).toBeCloseTo((Math.log(0.9) + Math.log(0.4) + Math.log(0.7) + Math.log(1e-5)) / 4);
});

test('AP50 is 1 when every box is found before anything wrong, and falls with what is missed or found twice', () => {
  expect(
    scoreOf([
      boxes(
        [
          [0, 0.2],
          [0, 0.8],
        ],
        [found(0, 0.9, 0.2), found(0, 0.8, 0.82)],
      ),
    ]).value,
  ).toBe(1);
  const missed = scoreOf([
    boxes(
      [
        [0, 0.2],
        [0, 0.8],
      ],
      [found(0, 0.9, 0.2)],
    ),
  ]).value;
  expect(missed).toBeCloseTo(51 / 101); // recalls from 0 to 0.5
  const twice = scoreOf([boxes([[0, 0.2]], [found(0, 0.9, 0.2), found(0, 0.8, 0.2)])]).value;
  expect(twice).toBe(1); // the second costs precision only beyond the last box
  const wrongFirst = scoreOf([boxes([[0, 0.2]], [found(0, 0.9, 0.8), found(0, 0.8, 0.2)])]).value;
  expect(wrongFirst).toBeCloseTo(0.5);
});

test('AP50 is the mean over the classes that some image shows', () => {
  const judged = [
    boxes(
      [
        [0, 0.2],
        [1, 0.8],
      ],
      [found(0, 0.9, 0.2), found(2, 0.9, 0.5)],
    ),
  ];
  expect(scoreOf(judged).value).toBeCloseTo(0.5);
});

test('settings are better when they are more often right, or as often and notably surer', () => {
  const score = (value: number, certainty: number) => ({ images: 10, value, certainty });
  expect(isBetter(score(0.9, -9), score(0.8, -1))).toBe(true);
  expect(isBetter(score(0.8, -1), score(0.8, -2))).toBe(true);
  expect(isBetter(score(0.8, -1), score(0.8, -1.01))).toBe(false);
});

test('every setting that is tried is a manifest that can be written', () => {
  const inputs = [
    { channels: 'rgb', resample: 'pillow', filter: 'lanczos', crop: 0.9, resize: 'cover', mean: [1, 2, 3] },
    { channels: 'gray', width: 28, height: 28, scale: 1 },
  ];
  for (const input of inputs) {
    const numbers = numberSettings(input, input.channels);
    expect(numbers.length).toBeGreaterThanOrEqual(4);
    const all = [...numbers, ...resizeSettings({ ...input, filter: 'bilinear' }), ...resampleSettings(input)];
    const manifest = {
      name: 'x',
      task: 'classification',
      file: 'x.onnx',
      labels: ['a'],
      output: { format: 'logits' },
    };
    for (const { input } of all)
      expect(manifestSchema.safeParse({ ...manifest, input }).error?.issues).toBeUndefined();
  }
});

test('means turn around with the channels', () => {
  const settings = numberSettings({ channels: 'rgb', scale: 1, mean: [1, 2, 3], std: [4, 5, 6] }, 'rgb');
  const swapped = settings.find(({ name }) => name === 'as given, bgr');
  expect(swapped?.input).toMatchObject({ channels: 'bgr', mean: [3, 2, 1], std: [6, 5, 4] });
});
