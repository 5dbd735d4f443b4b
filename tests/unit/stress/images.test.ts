import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { distinct, makePictures, type Picture, pictureParts, readPictures } from '@scry/stress/load/images';
import { MULTIPART_TYPE, MultipartBodies } from '@scry/stress/load/multipart';
import sharp from 'sharp';

describe('pictures that are made', () => {
  test('are the same each time, of the size of photographs, and differ from each other', async () => {
    const [first, second] = await makePictures(2);
    const [again] = await makePictures(1);
    if (!first || !second || !again) throw new Error('no pictures');
    expect(again.bytes.equals(first.bytes)).toBe(true);
    expect(second.bytes.equals(first.bytes)).toBe(false);
    expect(first.bytes.length).toBeGreaterThan(50_000);
    expect(first.bytes.length).toBeLessThan(200_000);
    expect(await sharp(first.bytes).metadata()).toMatchObject({ format: 'jpeg', width: 640, height: 480 });
  });

  test('become new pictures with the same pixels', async () => {
    const [picture] = await makePictures(1, 64, 48);
    if (!picture) throw new Error('no picture');
    const whole = (copy: Picture) => Buffer.concat(pictureParts(copy));
    const copies = [distinct(picture, 1), distinct(picture, 1_763_000_000_000_000)].map(whole);
    expect(copies[0]?.equals(copies[1] ?? Buffer.alloc(0))).toBe(false);
    const pixels = await sharp(picture.bytes).raw().toBuffer();
    for (const bytes of copies) {
      expect((await sharp(bytes, { failOn: 'warning' }).raw().toBuffer()).equals(pixels)).toBe(true);
    }
  });

  test('stay as they are when they are no JPEGs', () => {
    const png = { name: 'a.png', bytes: Buffer.from('png'), mime: 'image/png' };
    expect(distinct(png, 5)).toBe(png);
  });
});

describe('pictures from a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'scry-pictures-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('are those that end like pictures, by name', async () => {
    for (const name of ['b.JPG', 'a.png', 'notes.txt']) await writeFile(path.join(folder, name), name);
    const pictures = await readPictures(folder);
    expect(pictures.map(({ name, mime }) => [name, mime])).toEqual([
      ['a.png', 'image/png'],
      ['b.JPG', 'image/jpeg'],
    ]);
  });

  test('that holds none is refused with a sentence', async () => {
    await expect(readPictures(folder)).rejects.toThrow('holds no picture');
  });
});

describe('multipart bodies', () => {
  const picture = {
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
    const { model, type, bytes } = await readBack(new MultipartBodies().make({ model: 'pets' }, picture));
    expect({ model, type }).toEqual({ model: 'pets', type: 'image/jpeg' });
    expect(bytes.equals(picture.bytes)).toBe(true);
  });

  test('take buffers that were given back, and none that are in use', async () => {
    const bodies = new MultipartBodies();
    const first = bodies.make({ model: 'a'.repeat(500) }, picture);
    const second = bodies.make({ model: 'pets' }, picture);
    expect(second.buffer).not.toBe(first.buffer);
    bodies.giveBack(first);
    const third = bodies.make({ model: 'cars' }, distinct(picture, 7));
    expect(third.buffer).toBe(first.buffer);
    expect((await readBack(second)).model).toBe('pets');
    const { model, bytes } = await readBack(third);
    expect(model).toBe('cars');
    expect(bytes.equals(Buffer.concat(pictureParts(distinct(picture, 7))))).toBe(true);
  });

  test('make a larger buffer when the one at hand is too small', async () => {
    const bodies = new MultipartBodies();
    bodies.giveBack(bodies.make({}, picture));
    const large = { ...picture, bytes: Buffer.alloc(200_000, 7) };
    expect((await readBack(bodies.make({}, large))).bytes.equals(large.bytes)).toBe(true);
  });
});
