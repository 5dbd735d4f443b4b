/** `npm run models -- check`: what it prints and writes. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type CheckOptions, checkFolder } from '@scry/worker/models/check/check';
import { readImages } from '@scry/worker/models/check/labelled-images';
import sharp from 'sharp';
import { MODELS_DIR } from '../../../helpers/bundled.js';
import { writeMeanColor } from '../../../helpers/mean-color.js';
import {
  describeWithReference,
  REFERENCE,
  readExpected,
  type SmallExpected,
} from '../../../helpers/reference.js';

let parent: string;

beforeAll(async () => {
  parent = await mkdtemp(path.join(tmpdir(), 'scry-check-test-'));
});
afterAll(() => rm(parent, { recursive: true }));

async function check(folder: string, more: Partial<CheckOptions> = {}): Promise<string> {
  const lines: string[] = [];
  const out = path.join(parent, 'inputs');
  await checkFolder({ folder, images: null, limit: 50, write: false, out, ...more }, (line) =>
    lines.push(line),
  );
  return lines.join('\n');
}

async function draw(file: string, color: string, width = 8): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await sharp({ create: { width, height: 8, channels: 3, background: color } })
    .png()
    .toFile(file);
}

/** A folder per class with an image of its color. */
async function colors(name: string, folders: Record<string, string>): Promise<string> {
  const root = path.join(parent, name);
  for (const [folder, color] of Object.entries(folders))
    await draw(path.join(root, folder, 'one.png'), color);
  return root;
}

test('swapped channels are found with images in a folder per class', async () => {
  const input = { channels: 'bgr' };
  const { folder } = await writeMeanColor(path.join(parent, 'swapped'), 'onnx, nchw', { input });
  const images = await colors('colors', { red: '#ff0000', green: '#00ff00', blue: '#0000ff' });
  const printed = await check(folder, { images });
  expect(printed).toMatch(/accuracy 0\.333 on 3 images \(as given\)/);
  expect(printed).toMatch(/These do better \(accuracy 1\.000 instead of 0\.333\)[\s\S]*"channels": "rgb"/);
});

test('settings that are right already are left alone, and what the network is shown is written', async () => {
  const { folder } = await writeMeanColor(path.join(parent, 'right'), 'onnx, nhwc');
  const images = await colors('more-colors', { red: '#ff0000', green: '#00ff00', blue: '#0000ff' });
  const out = path.join(parent, 'shown');
  const printed = await check(folder, { images, out });
  expect(printed).toContain('None does better than those of the manifest.');
  expect(printed).toContain(path.join(out, 'one.input.png'));
  const { width, height } = await sharp(path.join(out, 'one.input.png')).metadata();
  expect([width, height]).toEqual([4, 4]);
});

test('--write keeps the completed manifest, which then says everything', async () => {
  const folder = path.join(parent, 'written');
  await mkdir(folder);
  for (const file of ['model.onnx', 'labels.txt'])
    await cp(path.join(MODELS_DIR, 'everyday-10', file), path.join(folder, file));
  const sample = path.join(MODELS_DIR, 'everyday-10', 'sample.jpg');
  const first = await check(folder, { images: sample, write: true });
  expect(first).toContain('input.width = 32: the shape of the input of model.onnx');
  expect(first).toMatch(/sample\.jpg: airplane \d/);
  const written = JSON.parse(await readFile(path.join(folder, 'manifest.json'), 'utf8'));
  expect(written).toMatchObject({
    $schema: '../manifest.schema.json',
    name: 'written',
    task: 'classification',
  });
  expect(await check(folder, { images: sample })).toContain('The manifest says everything itself.');
});

test('a model that cannot be served is refused with the sentence of a worker, and nothing is left behind', async () => {
  const before = await readdir(tmpdir());
  const { folder } = await writeMeanColor(path.join(parent, 'refused'), 'onnx, nchw', { labels: ['a', 'b'] });
  await expect(check(folder)).rejects.toThrow(/labels: 2 labels, but output "scores" of model\.onnx has 3/);
  const left = (await readdir(tmpdir())).filter(
    (name) => name.startsWith('scry-check-') && !before.includes(name),
  );
  expect(left).toEqual([]);
});

test('what is no folder is named', async () => {
  const file = path.join(MODELS_DIR, 'everyday-10', 'model.onnx');
  await expect(check(file)).rejects.toThrow('model.onnx is no folder; put the model file into one');
});

test('folders are matched with labels by name, by number, or by their order where labels have no names', async () => {
  const root = await colors('pets', { Dog: '#f00', big_cat: '#0f0', fish: '#00f' });
  const named = await readImages(root, ['big cat', 'dog']);
  expect(named.images.map(({ truth }) => truth)).toEqual([
    { kind: 'class', classIndex: 1 },
    { kind: 'class', classIndex: 0 },
  ]);
  expect(named.notes.at(-1)).toContain('fish');
  const unnamed = await readImages(root, ['class 0', 'class 1', 'class 2']);
  expect(unnamed.images).toHaveLength(3);
  await expect(readImages(root, ['x', 'y'])).rejects.toThrow('no folder in it that is named like a label');
});

test('boxes are read from COCO and from YOLO', async () => {
  const root = path.join(parent, 'boxes');
  await draw(path.join(root, 'images', 'a.png'), '#fff', 16);
  const coco = {
    images: [
      { id: 7, file_name: 'a.png', width: 16, height: 8 },
      { id: 8, file_name: 'missing.png', width: 16, height: 8 },
    ],
    annotations: [
      { image_id: 7, category_id: 3, bbox: [4, 2, 8, 4] },
      { image_id: 7, category_id: 9, bbox: [0, 0, 1, 1] },
    ],
    categories: [
      { id: 3, name: 'Dog' },
      { id: 9, name: 'zebra' },
    ],
  };
  await writeFile(path.join(root, 'coco.json'), JSON.stringify(coco));
  const truth = { kind: 'boxes', boxes: [{ classIndex: 1, box: { cx: 0.5, cy: 0.5, w: 0.5, h: 0.5 } }] };
  const { images, notes } = await readImages(path.join(root, 'coco.json'), ['cat', 'dog']);
  expect(images).toEqual([{ file: path.join(root, 'images', 'a.png'), truth }]);
  expect(notes.join()).toContain('1 of its 2 images');
  expect(notes.at(-1)).toContain('zebra');
  await mkdir(path.join(root, 'labels'));
  await writeFile(path.join(root, 'labels', 'a.txt'), '1 0.5 0.5 0.5 0.5\n5 0.1 0.1 0.1 0.1\n');
  expect((await readImages(path.join(root, 'images'), ['cat', 'dog'])).images[0]?.truth).toEqual(truth);
});

describeWithReference('with the images of the reference', () => {
  test('a bundled classifier with wrong numbers and channels is set right', async () => {
    const folder = path.join(parent, 'wrong', 'everyday-10');
    await cp(path.join(MODELS_DIR, 'everyday-10'), folder, { recursive: true });
    const file = path.join(folder, 'manifest.json');
    const manifest = JSON.parse(await readFile(file, 'utf8'));
    const { mean: _, std: __, ...input } = manifest.input;
    await writeFile(file, JSON.stringify({ ...manifest, input: { ...input, channels: 'bgr', scale: 1 } }));
    const images = path.join(parent, 'small');
    const { probabilities } = await readExpected<SmallExpected>('small');
    for (const name of Object.keys(probabilities)) {
      await mkdir(path.join(images, name.split('-')[0] as string), { recursive: true });
      await cp(path.join(REFERENCE, 'small', name), path.join(images, name.split('-')[0] as string, name));
    }
    const printed = await check(folder, { images, limit: 20 });
    const [, better, before] = /accuracy ([\d.]+) instead of ([\d.]+)/.exec(printed) ?? [];
    expect(Number(before)).toBeLessThan(0.5);
    expect(Number(better)).toBeGreaterThan(0.8);
    expect(printed).toMatch(/"channels": "rgb"/);
  });
});
