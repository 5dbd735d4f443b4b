import { seenRegion } from '../../../api/web/src/result/seen-region.js';

const INPUT = {
  width: 224,
  height: 224,
  channels: 'rgb',
  resize: 'cover',
  crop: null,
  align: 'center',
  resample: 'pillow',
} as const;
const WIDE = { width: 640, height: 480 };

describe('the part of an image that a model is shown', () => {
  it('is the middle where the shorter side fills the input', () => {
    expect(seenRegion(WIDE, INPUT)).toEqual({
      x: expect.closeTo(0.125, 2),
      y: 0,
      width: expect.closeTo(0.75, 2),
      height: 1,
    });
  });

  it('is less where a margin is cut off as well', () => {
    const square = { width: 500, height: 500 };
    const region = seenRegion(square, { ...INPUT, crop: 256 });
    expect(region?.width).toBeCloseTo(0.875, 3);
    expect(region?.height).toBeCloseTo(0.875, 3);
    expect(region?.x).toBeCloseTo(0.0625, 3);
  });

  it('has the proportions of the input where that is cut out', () => {
    const tall = { width: 300, height: 900 };
    expect(seenRegion(tall, { ...INPUT, resize: 'fit' })).toEqual({
      x: 0,
      y: expect.closeTo(1 / 3),
      width: 1,
      height: expect.closeTo(1 / 3),
    });
  });

  it.each(['stretch', 'contain'] as const)('is all of it with "%s"', (resize) => {
    expect(seenRegion(WIDE, { ...INPUT, resize })).toBeNull();
  });

  it('is not known where the size of the input is not', () => {
    expect(seenRegion(WIDE, { ...INPUT, width: null })).toBeNull();
  });
});
