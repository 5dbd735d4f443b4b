/** A segmentation model from its folder to the page: the third task goes the same way as the others. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PredictionView } from '@scry/shared/contracts/prediction';
import sharp from 'sharp';
import { browserIsInstalled, openBrowser, openTab, untilTrue } from '../helpers/browser.js';
import { onnxFile } from '../helpers/onnx-file.js';
import { type System, startSystem } from '../helpers/system.js';

/** Says of each pixel which of the three colors is strongest in it, at half the resolution of its input. */
function colorSegmenter(): Uint8Array {
  const weights = [1, 0, 0, 0, 1, 0, 0, 0, 1].flatMap((value) => new Array(4).fill(value * 5));
  return onnxFile({
    inputs: [{ name: 'image', dims: ['n', 3, 32, 32] }],
    nodes: [{ op: 'Conv', inputs: ['image', 'w'], outputs: ['scores'], attributes: { strides: [2, 2] } }],
    outputs: [{ name: 'scores', dims: ['n', 3, 16, 16] }],
    constants: { w: { dims: [3, 3, 2, 2], data: weights } },
  });
}

async function writeModel(folder: string): Promise<void> {
  const model = path.join(folder, 'colors');
  await mkdir(model);
  await writeFile(path.join(model, 'model.onnx'), colorSegmenter());
  const manifest = {
    name: 'colors',
    task: 'segmentation',
    engine: 'onnx',
    file: 'model.onnx',
    labels: ['red', 'green', 'blue'],
    input: { resize: 'contain', pad: 0 },
    output: { format: 'semantic' },
  };
  await writeFile(path.join(model, 'manifest.json'), JSON.stringify(manifest));
}

/** 64 × 32: the left half red, the right half blue. */
const twoColors = () =>
  sharp({ create: { width: 64, height: 32, channels: 3, background: '#ff0000' } })
    .composite([
      {
        input: { create: { width: 32, height: 32, channels: 3, background: '#0000ff' } },
        left: 32,
        top: 0,
      },
    ])
    .png()
    .toBuffer();

describe('segmentation', () => {
  let models: string;
  let system: System;
  let prediction: PredictionView;

  beforeAll(async () => {
    models = await mkdtemp(path.join(tmpdir(), 'scry-segmentation-'));
    await writeModel(models);
    system = await startSystem({ env: { MODELS_DIR: models } });
    const form = new FormData();
    form.set('image', new Blob([await twoColors()]), 'two.png');
    const response = await fetch(`${system.url}/v1/predictions`, {
      method: 'POST',
      headers: { Prefer: 'wait=30' },
      body: form,
    });
    prediction = (await response.json()) as PredictionView;
  }, 120_000);

  afterAll(async () => {
    await system.remove();
    await rm(models, { recursive: true });
  }, 60_000);

  test('answers with the areas of the classes as run lengths', () => {
    expect(prediction.output?.predictions).toMatchObject([
      { class_name: 'red', area: 0.5, mask: { size: [16, 32], counts: expect.any(String) } },
      { class_name: 'blue', area: 0.5 },
    ]);
  });

  test('gives each mask as a PNG of the size of the image, behind the address in the answer', async () => {
    const [, blue] = prediction.output?.predictions ?? [];
    const response = await fetch(String(blue?.mask?.url));
    expect(response.headers.get('content-type')).toBe('image/png');
    const png = sharp(Buffer.from(await response.arrayBuffer()));
    expect(await png.metadata()).toMatchObject({ format: 'png', width: 64, height: 32, channels: 1 });
    const data = await png.toColourspace('b-w').raw().toBuffer();
    expect([data[0], data[31], data[32], data[63]]).toEqual([0, 0, 255, 255]);
    const missing = await fetch(`${prediction.urls.get}/masks/2`);
    expect(await missing.json()).toMatchObject({
      status: 404,
      detail: 'There is no mask 2. The answer holds masks 0 to 1.',
    });
  });

  test('draws the masks over the image', async () => {
    const response = await fetch(prediction.urls.annotated);
    const { data, info } = await sharp(Buffer.from(await response.arrayBuffer()))
      .raw()
      .toBuffer({ resolveWithObject: true });
    const at = (x: number) => [...data.subarray((info.width * 100 + x) * 3, (info.width * 100 + x) * 3 + 3)];
    const [red, blue] = [at(100), at(info.width - 100)];
    expect(red).not.toEqual([255, 0, 0]);
    expect(blue).not.toEqual([0, 0, 255]);
    expect(red).not.toEqual(blue);
  });

  (browserIsInstalled() ? test : test.skip)(
    'shows the areas on the page, linked with their masks',
    async () => {
      const browser = await openBrowser();
      const tab = await openTab(browser, `${system.url}/p/${prediction.prediction_id}`, {});
      try {
        const rows = tab.page.locator('.found li');
        await rows.first().waitFor();
        expect(await rows.allTextContents()).toEqual([
          expect.stringMatching(/^red50% of the image/),
          expect.stringMatching(/^blue50% of the image/),
        ]);
        const alphaAt = (x: number) =>
          tab.page.evaluate(
            `document.querySelector('.masks canvas').getContext('2d').getImageData(${x}, 5, 1, 1).data[3]`,
          );
        const shown = Number(await alphaAt(3));
        expect(shown).toBeGreaterThan(0);
        await rows.nth(1).getByRole('button').focus();
        await untilTrue(
          tab.page,
          `document.querySelector('.masks canvas').getContext('2d').getImageData(3, 5, 1, 1).data[3] < ${shown}`,
        );
        expect(Number(await alphaAt(20))).toBe(shown);
        expect(tab.errors).toEqual([]);
      } finally {
        await tab.close();
        await browser.close();
      }
    },
  );
});
