import { decodeBmp } from '@scry/shared/imaging/codecs/bmp';
import { type BmpKind, makeBmp } from '../../../corpus/bmp.js';
import { drawScene } from '../../../corpus/scene.js';

const scene = drawScene(37, 21); // odd sides, so that rows need padding in every depth

/** Mean difference per channel, levels. */
function difference(decoded: Uint8Array): number {
  let sum = 0;
  for (let pixel = 0; pixel < 37 * 21; pixel++) {
    for (let channel = 0; channel < 3; channel++)
      sum += Math.abs((decoded[pixel * 4 + channel] as number) - (scene.data[pixel * 3 + channel] as number));
  }
  return sum / (37 * 21 * 3);
}

const decode = (file: Buffer) => {
  const bitmap = decodeBmp(file, 1e6);
  if (!bitmap) throw new Error('too many pixels');
  return bitmap;
};

/** Two pixels, red and blue, of 32 bits with an alpha mask, behind a header of 124 bytes and a gap. */
function withAlpha(alphas: [number, number], gap = 10): Buffer {
  const file = Buffer.alloc(14 + 124 + gap + 8);
  file.write('BM');
  file.writeUInt32LE(14 + 124 + gap, 10);
  file.writeUInt32LE(124, 14);
  file.writeInt32LE(2, 18);
  file.writeInt32LE(1, 22);
  file.writeUInt16LE(32, 28);
  file.writeUInt32LE(3, 30);
  for (const [index, mask] of [0xff0000, 0xff00, 0xff, 0xff000000].entries())
    file.writeUInt32LE(mask, 54 + index * 4);
  file.set([0, 0, 255, alphas[0], 255, 0, 0, alphas[1]], 14 + 124 + gap);
  return file;
}

/** 4-bit run-length coded, 6 × 2: a run, a literal run of three, and a move. */
function runs(): Buffer {
  const palette = Buffer.alloc(16 * 4);
  for (let index = 0; index < 16; index++) palette.fill(index * 16, index * 4, index * 4 + 3);
  const header = Buffer.alloc(54);
  header.write('BM');
  header.writeUInt32LE(54 + palette.length, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(6, 18);
  header.writeInt32LE(2, 22);
  header.writeUInt16LE(4, 28);
  header.writeUInt32LE(2, 30);
  return Buffer.concat([
    header,
    palette,
    Buffer.from([3, 0x12, 0, 3, 0x45, 0x60, 0, 0, 0, 2, 2, 0, 2, 0x77, 0, 1]),
  ]);
}

const gray = (data: Uint8Array) =>
  Array.from({ length: data.length / 4 }, (_, pixel) => (data[pixel * 4] as number) / 16);

describe('BMP', () => {
  it.each<[BmpKind, number]>([
    ['24', 0],
    ['24-top-down', 0],
    ['32', 0],
    ['os2-24', 0],
    ['16-555', 3],
    ['16-565', 3],
    ['8', 14],
    ['8-rle', 14],
  ])('of kind %s shows the scene, within %d levels', (kind, levels) => {
    const bitmap = decode(makeBmp(scene, kind));
    expect([bitmap.width, bitmap.height]).toEqual([37, 21]);
    expect(difference(bitmap.data)).toBeLessThanOrEqual(levels);
  });

  it.each<BmpKind>(['4', '1'])('of %s bits reads every pixel of every row', (kind) => {
    const { data } = decode(makeBmp(scene, kind));
    const luma = (pixel: number, source: Uint8Array, step: number) =>
      0.299 * (source[pixel * step] as number) +
      0.587 * (source[pixel * step + 1] as number) +
      0.114 * (source[pixel * step + 2] as number);
    for (let pixel = 0; pixel < 37 * 21; pixel++) {
      const shown = luma(pixel, scene.data, 3);
      const wanted = kind === '4' ? Math.round(shown / 17) * 17 : shown > 127 ? 255 : 0;
      expect(data[pixel * 4]).toBe(wanted);
    }
  });

  it('reads runs, literal runs and moves of 4 bits, the bottom row first', () => {
    const { data } = decode(runs());
    expect(gray(data)).toEqual([0, 0, 7, 7, 0, 0, 1, 2, 1, 4, 5, 6]);
  });

  it('takes pixels from where the header says they are', () => {
    expect([...decode(withAlpha([255, 128])).data]).toEqual([255, 0, 0, 255, 0, 0, 255, 128]);
  });

  it('shows an image whose alpha channel was left empty', () => {
    expect([...decode(withAlpha([0, 0])).data]).toEqual([255, 0, 0, 255, 0, 0, 255, 255]);
  });

  it('does not decode more pixels than it may', () => {
    expect(decodeBmp(makeBmp(scene, '24'), 37 * 21 - 1)).toBeNull();
  });

  it('refuses a file that is cut short', () => {
    const file = makeBmp(scene, '24');
    expect(() => decode(file.subarray(0, file.length - 1))).toThrow('pixels are missing');
    expect(() => decode(file.subarray(0, 20))).toThrow();
  });
});
