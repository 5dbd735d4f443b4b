import path from 'node:path';
import type { Answer } from '@scry/shared/contracts/prediction';
import {
  type BundledModels,
  byClass,
  cornersOf,
  iou,
  largestDifference,
  loadBundled,
} from '../../../helpers/bundled.js';
import {
  type CellsExpected,
  describeWithReference,
  type ExpectedDetection,
  type LargeExpected,
  REFERENCE,
  readExpected,
  type SmallExpected,
} from '../../../helpers/reference.js';

const CLASSIFIERS = ['everyday-10', 'everyday-10-tfjs'] as const;

describeWithReference('the answers of the original networks', () => {
  let models: BundledModels;

  beforeAll(async () => {
    models = await loadBundled();
  });

  afterAll(() => models.close());

  const classify = async (model: string, set: string, file: string) =>
    byClass(await models.predict(model, path.join(REFERENCE, set, file), { all_classes: true }));

  it.each(CLASSIFIERS)('are those of %s for images that need no resizing, within 0.0001', async (model) => {
    const { probabilities } = await readExpected<SmallExpected>('small');
    for (const [file, expected] of Object.entries(probabilities))
      expect([file, largestDifference(await classify(model, 'small', file), expected) < 1e-4]).toEqual([
        file,
        true,
      ]);
  });

  it.each(CLASSIFIERS)('are those of %s for large photos, within 0.002', async (model) => {
    const { expected } = await readExpected<LargeExpected>('large');
    const wrong: string[] = [];
    for (const [file, { probabilities }] of Object.entries(expected)) {
      const answers = await classify(model, 'large', file);
      const top = answers.indexOf(Math.max(...answers));
      const most = largestDifference(answers, probabilities);
      if (most > 0.002 || top !== probabilities.indexOf(Math.max(...probabilities)))
        wrong.push(`${file}: ${most}`);
    }
    expect(Object.keys(expected)).toHaveLength(20);
    expect(wrong).toEqual([]);
  });

  it('are given by both engines alike, within 0.00002', async () => {
    const { expected } = await readExpected<LargeExpected>('large');
    for (const file of Object.keys(expected)) {
      const [onnx = [], tfjs = []] = await Promise.all(
        CLASSIFIERS.map((model) => classify(model, 'large', file)),
      );
      expect(largestDifference(onnx, tfjs)).toBeLessThan(2e-5); // confidences are rounded to 0.00001
    }
  });

  it('have every cell in the same place, as sure', async () => {
    const { detections } = await readExpected<CellsExpected>('cells');
    for (const [file, cells] of Object.entries(detections)) {
      const answers = await models.predict('blood-cells', path.join(REFERENCE, 'cells', file));
      const missed = cells.filter((cell) => !answers.some((answer) => matches(answer, cell)));
      expect([file, missed]).toEqual([file, []]);
    }
  });
});

function matches(answer: Answer, cell: ExpectedDetection): boolean {
  return (
    answer.class_name === cell.class_name &&
    Math.abs(answer.confidence - cell.confidence) <= 0.002 &&
    iou(cornersOf(answer), cell.box) >= 0.99
  );
}
