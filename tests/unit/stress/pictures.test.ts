import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { multipart } from '@scry/stress/load/multipart';
import { distinct, makePictures, readPictures } from '@scry/stress/load/pictures';
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
    const copies = [distinct(picture, 1), distinct(picture, 1_763_000_000_000_000)];
    expect(copies[0]?.bytes.equals(copies[1]?.bytes ?? Buffer.alloc(0))).toBe(false);
    const pixels = await sharp(picture.bytes).raw().toBuffer();
    for (const { bytes } of copies) {
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

test('a multipart body is read back by a parser as it was meant', async () => {
  const bytes = Buffer.from([0, 1, 2, 13, 10, 45, 45, 255]);
  const { MULTIPART_TYPE } = await import('@scry/stress/load/multipart');
  const body = multipart({ model: 'pets' }, { name: 'a "b".jpg', bytes, mime: 'image/jpeg' });
  const form = await new Response(new Uint8Array(body), {
    headers: { 'content-type': MULTIPART_TYPE },
  }).formData();
  expect(form.get('model')).toBe('pets');
  const image = form.get('image') as File;
  expect(image.type).toBe('image/jpeg');
  expect(Buffer.from(await image.arrayBuffer()).equals(bytes)).toBe(true);
});
