/** The main way, through real processes: upload, queue, worker, answer; on both queue backends. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Answer, PredictionView } from '@scry/shared/contracts/prediction';
import { shapesJpeg } from '../helpers/images.js';
import { redisIsInstalled, startRedis, type TestRedis } from '../helpers/services.js';
import { REPO, type System, startSystem } from '../helpers/system.js';

const REFERENCE = path.join(REPO, '..', 'shared', 'reference');
const describeWithReference = existsSync(REFERENCE) ? describe : describe.skip;

const backends = redisIsInstalled() ? ['postgres', 'redis'] : ['postgres'];

describe.each(backends)('with jobs in %s', (backend) => {
  let system: System;
  let redis: TestRedis | null = null;

  beforeAll(async () => {
    if (backend === 'redis') redis = await startRedis();
    system = await startSystem({ workers: 2, queueUrl: redis?.url });
  }, 120_000);

  afterAll(async () => {
    expect(await system.remove()).toEqual(['exit code 0', 'exit code 0', 'exit code 0']);
    await redis?.remove();
  }, 60_000);

  it('answers at once with an id, and with the result later', async () => {
    const response = await system.upload(await shapesJpeg(1), { prediction_id: `first-${backend}` });
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toMatch(new RegExp(`/v1/predictions/first-${backend}$`));
    const prediction = await system.waitFor(`first-${backend}`);
    expect(prediction).toMatchObject({
      status: 'succeeded',
      code: 200,
      model: { name: 'everyday-10', engine: 'onnx' },
    });
    expect(prediction.output?.predictions).toHaveLength(5);
  });

  it('logs no warning about predictions that are deleted while they wait or run', async () => {
    const processes = [system.api, ...system.workers];
    const warnings = () =>
      processes.flatMap(({ output }) =>
        output.split('\n').filter((line) => line.startsWith('{') && JSON.parse(line).level >= 40),
      );
    const before = warnings();
    const images = await Promise.all(Array.from({ length: 60 }, (_, seed) => shapesJpeg(2000 + seed)));
    const statuses = new Set<string>();
    // A row that is gone cannot say what it was, and one that is looked at first may end meanwhile: some are deleted blindly.
    const sendAndDelete = async (image: Buffer, index: number) => {
      const { prediction_id: id } = (await (
        await system.upload(image, { model: 'blood-cells' })
      ).json()) as PredictionView;
      const url = `${system.url}/v1/predictions/${id}`;
      if (index % 2) statuses.add(((await (await fetch(url)).json()) as PredictionView).status);
      expect((await fetch(url, { method: 'DELETE' })).status).toBe(204);
    };
    for (let rounds = 0; !statuses.has('queued') || !statuses.has('processing'); rounds++) {
      expect(rounds).toBeLessThan(20);
      await Promise.all(images.map(sendAndDelete));
    }
    // What the workers do after a deletion is done once a later prediction has its answer, on each of them.
    const last = await Promise.all([1, 2, 3, 4].map(async (seed) => system.predict(await shapesJpeg(seed))));
    expect(last.map(({ status }) => status)).toEqual(Array(4).fill('succeeded'));
    expect(warnings()).toEqual(before);
  });

  it('gives a hundred uploads at once one answer each, and the right one', async () => {
    const seeds = Array.from({ length: 100 }, (_, index) => 1000 + index);
    const images = await Promise.all(seeds.map((seed) => shapesJpeg(seed)));
    const fields = { all_classes: 'true' };
    // The same images one after another are what each answer is compared with.
    const alone: PredictionView[] = [];
    for (const image of images) alone.push(await system.predict(image, fields));
    const together = await Promise.all(images.map((image) => system.predict(image, fields)));

    expect(new Set(together.map((prediction) => prediction.prediction_id)).size).toBe(100);
    expect(new Set(alone.map((prediction) => JSON.stringify(byClass(prediction)))).size).toBe(100);
    for (const [index, prediction] of together.entries()) {
      const differences = byClass(prediction).map((value, k) =>
        Math.abs(value - (byClass(alone[index])[k] ?? 1)),
      );
      expect(Math.max(...differences)).toBeLessThan(1e-4);
    }
    expect(new Set(together.map((prediction) => prediction.metrics?.worker))).toEqual(
      new Set(['worker-1', 'worker-2']),
    );
  }, 90_000);

  it('gives the same answers with both engines', async () => {
    for (const seed of [1, 2, 3]) {
      const image = await shapesJpeg(seed);
      const [onnx, tfjs] = await Promise.all(
        ['everyday-10', 'everyday-10-tfjs'].map((model) =>
          system.predict(image, { model, all_classes: 'true' }),
        ),
      );
      for (const [index, value] of byClass(onnx).entries()) {
        expect(Math.abs(value - (byClass(tfjs)[index] ?? 1))).toBeLessThan(0.001);
      }
    }
  });

  it('fails an image that ends half-way with code 510 and a sentence', async () => {
    const whole = await shapesJpeg(7, 640, 480);
    const prediction = await system.predict(whole.subarray(0, whole.length / 2));
    expect(prediction).toMatchObject({ status: 'failed', code: 510, output: null, error: { code: 510 } });
    expect(prediction.error?.message).toMatch(/\w+ .+\./);
  });

  describeWithReference('on the reference images', () => {
    it('is within 0.002 of the original network where nothing is resized', async () => {
      const { probabilities } = await expected<{ probabilities: Record<string, number[]> }>('small');
      for (const model of ['everyday-10', 'everyday-10-tfjs']) {
        await forEachImage('small', async (file, image) => {
          const answer = byClass(await system.predict(image, { model, all_classes: 'true' }));
          for (const [index, value] of answer.entries()) {
            expect(Math.abs(value - (probabilities[file]?.[index] ?? 9))).toBeLessThan(0.002);
          }
        });
      }
    }, 60_000);

    it('names the same best class on at least 19 of the 20 photos, with both engines', async () => {
      const large = await expected<{ expected: Record<string, { probabilities: number[] }> }>('large');
      for (const model of ['everyday-10', 'everyday-10-tfjs']) {
        let right = 0;
        await forEachImage('large', async (file, image) => {
          const best = (await system.predict(image, { model })).output?.predictions[0];
          const wanted = large.expected[file]?.probabilities ?? [];
          if (best?.class_index === wanted.indexOf(Math.max(...wanted))) right++;
        });
        expect(right).toBeGreaterThanOrEqual(19);
      }
    }, 60_000);

    it('finds every cell above 0.5 where the original network does', async () => {
      const { detections } = await expected<{ detections: Record<string, ExpectedBox[]> }>('cells');
      await forEachImage('cells', async (file, image) => {
        const found = (await system.predict(image, { model: 'blood-cells' })).output?.predictions ?? [];
        for (const wanted of (detections[file] ?? []).filter(({ confidence }) => confidence > 0.5)) {
          expect({ file, wanted, matched: found.some((answer) => matches(answer, wanted)) }).toMatchObject({
            matched: true,
          });
        }
      });
    }, 60_000);
  });

  async function expected<T>(folder: string): Promise<T> {
    return JSON.parse(await readFile(path.join(REFERENCE, folder, 'expected.json'), 'utf8')) as T;
  }

  async function forEachImage(
    folder: string,
    check: (file: string, image: Buffer) => Promise<void>,
  ): Promise<void> {
    const files = (await readdir(path.join(REFERENCE, folder))).filter((file) => file.endsWith('.jpg'));
    expect(files.length).toBeGreaterThan(0);
    await Promise.all(
      files.map(async (file) => check(file, await readFile(path.join(REFERENCE, folder, file)))),
    );
  }
});

interface ExpectedBox {
  readonly class_name: string;
  readonly confidence: number;
  /** x0 y0 x1 y1, relative. */
  readonly box: readonly [number, number, number, number];
}

/** Confidences in the order of the classes. */
function byClass(prediction: PredictionView | undefined): number[] {
  const answers = prediction?.output?.predictions ?? [];
  return answers.toSorted((a, b) => a.class_index - b.class_index).map((answer) => answer.confidence);
}

function matches(answer: Answer, wanted: ExpectedBox): boolean {
  if (!answer.bbox || answer.class_name !== wanted.class_name) return false;
  if (Math.abs(answer.confidence - wanted.confidence) > 0.05) return false;
  const { cx, cy, w, h } = answer.bbox;
  const [x0, y0, x1, y1] = wanted.box;
  const width = Math.min(cx + w / 2, x1) - Math.max(cx - w / 2, x0);
  const height = Math.min(cy + h / 2, y1) - Math.max(cy - h / 2, y0);
  const shared = Math.max(0, width) * Math.max(0, height);
  return shared / (w * h + (x1 - x0) * (y1 - y0) - shared) >= 0.9;
}
