import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Answer } from '@scry/shared/contracts/prediction';
import sharp from 'sharp';
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

  describe('for images smaller than the input', () => {
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'scry-smaller-'));
    });

    afterAll(() => rm(folder, { recursive: true }));

    const smaller = async (set: string, file: string, width: number): Promise<string> => {
      const target = path.join(folder, `${set}-${path.parse(file).name}.png`);
      await sharp(path.join(REFERENCE, set, file))
        .resize({ width })
        .toFile(target);
      return target;
    };

    it('are the same for classes whether enlarged by Pillow or with "fast"', async () => {
      const { expected } = await readExpected<LargeExpected>('large');
      for (const file of Object.keys(expected)) {
        const image = await smaller('large', file, 21);
        const [pillow = [], fast = []] = await Promise.all(
          (['pillow', 'fast'] as const).map(async (resample) =>
            byClass(await models.predict('everyday-10', image, { all_classes: true }, { resample })),
          ),
        );
        expect([file, largestDifference(pillow, fast)]).toEqual([file, 0]);
      }
    });

    it('are the same for boxes', async () => {
      const { detections } = await readExpected<CellsExpected>('cells');
      for (const file of Object.keys(detections)) {
        const image = await smaller('cells', file, 160);
        const [pillow = [], fast = []] = await Promise.all(
          (['pillow', 'fast'] as const).map((resample) =>
            models.predict('blood-cells', image, {}, { resample }),
          ),
        );
        expect(fast).toEqual(pillow);
      }
    });
  });
});

function matches(answer: Answer, cell: ExpectedDetection): boolean {
  return (
    answer.class_name === cell.class_name &&
    Math.abs(answer.confidence - cell.confidence) <= 0.002 &&
    iou(cornersOf(answer), cell.box) >= 0.99
  );
}
