import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { distinct, type Image, imageParts, makeImages, readImages } from '@scry/stress/load/images';
import { MULTIPART_TYPE, MultipartBodies } from '@scry/stress/load/multipart';
import sharp from 'sharp';

describe('images that are made', () => {
  test('are the same each time, of the size of photographs, and differ from each other', async () => {
    const [first, second] = await makeImages(2);
    const [again] = await makeImages(1);
    if (!first || !second || !again) throw new Error('no images');
    expect(again.bytes.equals(first.bytes)).toBe(true);
    expect(second.bytes.equals(first.bytes)).toBe(false);
    expect(first.bytes.length).toBeGreaterThan(50_000);
    expect(first.bytes.length).toBeLessThan(200_000);
    expect(await sharp(first.bytes).metadata()).toMatchObject({ format: 'jpeg', width: 640, height: 480 });
  });

  test('become new images with the same pixels', async () => {
    const [image] = await makeImages(1, 64, 48);
    if (!image) throw new Error('no image');
    const whole = (copy: Image) => Buffer.concat(imageParts(copy));
    const copies = [distinct(image, 1), distinct(image, 1_763_000_000_000_000)].map(whole);
    expect(copies[0]?.equals(copies[1] ?? Buffer.alloc(0))).toBe(false);
    const pixels = await sharp(image.bytes).raw().toBuffer();
    for (const bytes of copies) {
      expect((await sharp(bytes, { failOn: 'warning' }).raw().toBuffer()).equals(pixels)).toBe(true);
    }
  });

  test('stay as they are when they are no JPEGs', () => {
    const png = { name: 'a.png', bytes: Buffer.from('png'), mime: 'image/png' };
    expect(distinct(png, 5)).toBe(png);
  });
});

describe('images from a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'scry-images-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('are those that end like images, by name', async () => {
    for (const name of ['b.JPG', 'a.png', 'notes.txt']) await writeFile(path.join(folder, name), name);
    const images = await readImages(folder);
    expect(images.map(({ name, mime }) => [name, mime])).toEqual([
      ['a.png', 'image/png'],
      ['b.JPG', 'image/jpeg'],
    ]);
  });

  test('that holds none is refused with a sentence', async () => {
    await expect(readImages(folder)).rejects.toThrow('holds no image');
  });
});

describe('multipart bodies', () => {
  const image = {
    name: 'a "b".jpg',
    bytes: Buffer.from([0, 1, 2, 13, 10, 45, 45, 255]),
    mime: 'image/jpeg',
  };

  async function readBack(body: Buffer) {
    const headers = { 'content-type': MULTIPART_TYPE };
    const form = await new Response(new Uint8Array(body), { headers }).formData();
    const image = form.get('image') as File;
    return { model: form.get('model'), type: image.type, bytes: Buffer.from(await image.arrayBuffer()) };
  }

  test('are read back by a parser as they were meant', async () => {
    const { model, type, bytes } = await readBack(new MultipartBodies().make({ model: 'pets' }, image));
    expect({ model, type }).toEqual({ model: 'pets', type: 'image/jpeg' });
    expect(bytes.equals(image.bytes)).toBe(true);
  });

  test('take buffers that were given back, and none that are in use', async () => {
    const bodies = new MultipartBodies();
    const first = bodies.make({ model: 'a'.repeat(500) }, image);
    const second = bodies.make({ model: 'pets' }, image);
    expect(second.buffer).not.toBe(first.buffer);
    bodies.giveBack(first);
    const third = bodies.make({ model: 'cars' }, distinct(image, 7));
    expect(third.buffer).toBe(first.buffer);
    expect((await readBack(second)).model).toBe('pets');
    const { model, bytes } = await readBack(third);
    expect(model).toBe('cars');
    expect(bytes.equals(Buffer.concat(imageParts(distinct(image, 7))))).toBe(true);
  });

  test('make a larger buffer when the one at hand is too small', async () => {
    const bodies = new MultipartBodies();
    bodies.giveBack(bodies.make({}, image));
    const large = { ...image, bytes: Buffer.alloc(200_000, 7) };
    expect((await readBack(bodies.make({}, large))).bytes.equals(large.bytes)).toBe(true);
  });
});
