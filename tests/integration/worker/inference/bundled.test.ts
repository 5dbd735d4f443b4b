import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type BundledModels,
  byClass,
  cornersOf,
  iou,
  largestDifference,
  loadBundled,
} from '../../../helpers/bundled.js';
import { CELLS, SMEAR, writeShip, writeSmear } from '../../../helpers/drawn.js';

let folder: string;
let models: BundledModels;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'scry-bundled-'));
  await writeShip(path.join(folder, 'ship.png'));
  await writeSmear(path.join(folder, 'smear.png'));
  models = await loadBundled();
});

afterAll(async () => {
  await models.close();
  await rm(folder, { recursive: true });
});

describe.each(['everyday-10', 'everyday-10-tfjs'])('%s', (model) => {
  it('sees the drawn ship, with the probabilities that were written down', async () => {
    const answers = await models.predict(model, path.join(folder, 'ship.png'), { all_classes: true });
    expect(answers[0]).toMatchObject({ class_index: 8, class_name: 'ship' });
    const written = [
      0.00845, 0.00197, 0.00269, 0.00615, 0.00141, 0.00208, 0.00165, 0.00214, 0.96764, 0.00583,
    ];
    expect(largestDifference(byClass(answers), written)).toBeLessThan(0.002);
  });

  it('returns five classes when nothing else is asked for', async () => {
    expect(await models.predict(model, path.join(folder, 'ship.png'))).toHaveLength(5);
  });
});

describe('blood-cells', () => {
  it('finds every drawn cell where it was drawn, and nothing else', async () => {
    const answers = await models.predict('blood-cells', path.join(folder, 'smear.png'));
    expect(answers).toHaveLength(CELLS.length);
    for (const { x, y, radius } of CELLS) {
      const drawn = [
        (x - radius) / SMEAR.width,
        (y - radius) / SMEAR.height,
        (x + radius) / SMEAR.width,
        (y + radius) / SMEAR.height,
      ] as const;
      const [nearest] = [...answers].sort((a, b) => iou(cornersOf(b), drawn) - iou(cornersOf(a), drawn));
      if (!nearest) throw new Error('nothing was found');
      expect(iou(cornersOf(nearest), drawn)).toBeGreaterThan(0.65);
      expect(nearest.class_name).toBe(radius > 30 ? 'WBC' : 'RBC');
      expect(nearest.confidence).toBeGreaterThan(0.7);
    }
  });

  it('returns fewer when more certainty is asked for', async () => {
    const answers = await models.predict('blood-cells', path.join(folder, 'smear.png'), { threshold: 0.9 });
    expect(answers.length).toBeLessThan(CELLS.length);
    expect(answers.every(({ confidence }) => confidence >= 0.9)).toBe(true);
  });
});
