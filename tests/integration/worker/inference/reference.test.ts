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

  it.each(CLASSIFIERS)('have the top class of %s for at least 19 of the 20 large photos', async (model) => {
    const { expected } = await readExpected<LargeExpected>('large');
    const same = await Promise.all(
      Object.entries(expected).map(async ([file, { probabilities }]) => {
        const [top] = await models.predict(model, path.join(REFERENCE, 'large', file));
        return top?.class_index === probabilities.indexOf(Math.max(...probabilities));
      }),
    );
    expect(same).toHaveLength(20);
    expect(same.filter(Boolean).length).toBeGreaterThanOrEqual(19);
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

  it('have every cell above 0.5 in the same place, about as sure', async () => {
    const { detections } = await readExpected<CellsExpected>('cells');
    const sure = (cell: ExpectedDetection) => cell.confidence > 0.5;
    for (const [file, cells] of Object.entries(detections)) {
      const answers = await models.predict('blood-cells', path.join(REFERENCE, 'cells', file));
      const missed = cells.filter(sure).filter((cell) => !answers.some((answer) => matches(answer, cell)));
      expect([file, missed]).toEqual([file, []]);
    }
  });
});

function matches(answer: Answer, cell: ExpectedDetection): boolean {
  return (
    answer.class_name === cell.class_name &&
    Math.abs(answer.confidence - cell.confidence) <= 0.05 &&
    iou(cornersOf(answer), cell.box) >= 0.9
  );
}
