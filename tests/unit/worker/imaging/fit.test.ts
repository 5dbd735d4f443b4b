import { type ImageInput, toInputSize } from '@scry/worker/imaging/fit';

const input: ImageInput = {
  width: 4,
  height: 4,
  channels: 'gray',
  resample: 'fast',
  filter: 'bilinear',
  antialias: false,
  resize: 'contain',
  crop: undefined,
  pad: 7,
  align: 'center',
};

/** Pixels numbered from 10, row by row. */
const numbered = (width: number, height: number) => ({
  data: Uint8Array.from({ length: width * height }, (_, index) => 10 + index),
  width,
  height,
  channels: 1,
});

const rows = (pixels: Uint8Array | Float32Array, width: number) =>
  Array.from({ length: pixels.length / width }, (_, row) => [
    ...pixels.subarray(row * width, (row + 1) * width),
  ]);

describe('bringing a scaled image to the model input', () => {
  it('lays a wide image in the middle of its padding', () => {
    const { pixels, geometry } = toInputSize(numbered(4, 2), input);
    expect(rows(pixels, 4)).toEqual([
      [7, 7, 7, 7],
      [10, 11, 12, 13],
      [14, 15, 16, 17],
      [7, 7, 7, 7],
    ]);
    expect(geometry).toEqual({ x: 0, y: 1, width: 4, height: 2 });
  });

  it('puts an odd pixel of padding at the end', () => {
    expect(toInputSize(numbered(1, 4), input).geometry).toEqual({ x: 1, y: 0, width: 1, height: 4 });
  });

  it('lays it at the top left when the manifest says so', () => {
    const { pixels, geometry } = toInputSize(numbered(2, 4), { ...input, align: 'start' });
    expect(rows(pixels, 4)[0]).toEqual([10, 11, 7, 7]);
    expect(geometry).toEqual({ x: 0, y: 0, width: 2, height: 4 });
  });

  it('cuts the middle out of a covering image', () => {
    const { pixels, geometry } = toInputSize(numbered(6, 4), { ...input, resize: 'cover' });
    expect(rows(pixels, 4)[0]).toEqual([11, 12, 13, 14]);
    expect(geometry).toEqual({ x: -1, y: 0, width: 6, height: 4 });
  });

  it('does not copy what fits already', () => {
    const scaled = numbered(4, 4);
    expect(toInputSize(scaled, input).pixels).toBe(scaled.data);
  });

  it('gives pixels a buffer of their own, so that it can be transferred', () => {
    const shared = Buffer.alloc(100);
    const { pixels } = toInputSize({ data: shared.subarray(8, 24), width: 4, height: 4, channels: 1 }, input);
    expect(pixels.buffer.byteLength).toBe(16);
  });

  it('copies a buffer of Node, which may be memory that cannot be transferred, even when it is whole', () => {
    const whole = Buffer.from(new ArrayBuffer(16));
    const { pixels } = toInputSize({ data: whole, width: 4, height: 4, channels: 1 }, input);
    expect(pixels.buffer).not.toBe(whole.buffer);
    expect(pixels.length).toBe(16);
  });
});
