import { decodeMask, encodeMask } from '@scry/shared/tasks/segmentation/rle';

describe('run lengths of masks', () => {
  it('are those of pycocotools', () => {
    // Columns 00, 11, 10: runs of 2, 3 and 1.
    expect(encodeMask(Uint8Array.of(0, 1, 1, 0, 1, 0), 2, 3)).toEqual({ size: [2, 3], counts: '231' });
  });

  it('write runs above 15 in several characters and later runs as differences', () => {
    const mask = new Uint8Array(100).fill(1, 40, 60).fill(1, 70, 90);
    // 40 20 10 then 20 - 20 = 0, 10 - 10 = 0: 40 is 0b01_01000, so "X" + "1"; 20 is 0b00_10100, so "d" + "0".
    expect(encodeMask(mask, 100, 1).counts).toBe('X1d0:00');
  });

  it.each([
    ['nothing', () => 0],
    ['everything', () => 1],
    ['stripes', (at: number) => at % 2],
    ['blobs', (at: number) => (Math.sin(at * 0.013) + Math.cos(at * 0.17) > 0.4 ? 1 : 0)],
  ])('come back as they were: %s', (_, value) => {
    const [rows, columns] = [37, 53];
    const mask = Uint8Array.from({ length: rows * columns }, (_value, at) => value(at));
    expect(decodeMask(encodeMask(mask, rows, columns))).toEqual(mask);
  });
});
