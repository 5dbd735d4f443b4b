import { createPixelWriter, type InputSpec } from '@scry/worker/inference/engines/pixels';

const spec: InputSpec = {
  width: 2,
  height: 1,
  channels: 'rgb',
  layout: 'nchw',
  type: 'float32',
  scale: 1,
  mean: undefined,
  std: undefined,
};

/** Red, green, blue of two pixels. */
const pixels = Uint8Array.of(1, 2, 3, 4, 5, 6);

function write(changed: Partial<InputSpec>, data: Uint8Array | Float32Array = pixels): number[] {
  const Batch = { float32: Float32Array, uint8: Uint8Array, int8: Int8Array }[changed.type ?? 'float32'];
  const batch = new Batch(data.length);
  createPixelWriter({ ...spec, ...changed })(data, batch, 0);
  return [...batch];
}

describe('writing pixels into a batch', () => {
  it.each([
    ['rgb, channel by channel', { channels: 'rgb', layout: 'nchw' }, [1, 4, 2, 5, 3, 6]],
    ['rgb, pixel by pixel', { channels: 'rgb', layout: 'nhwc' }, [1, 2, 3, 4, 5, 6]],
    ['bgr, channel by channel', { channels: 'bgr', layout: 'nchw' }, [3, 6, 2, 5, 1, 4]],
    ['bgr, pixel by pixel', { channels: 'bgr', layout: 'nhwc' }, [3, 2, 1, 6, 5, 4]],
  ] as const)('orders %s', (_name, changed, expected) => {
    expect(write(changed)).toEqual(expected);
  });

  it('scales, then subtracts the mean, then divides by the deviation, per channel', () => {
    const written = write({ layout: 'nhwc', scale: 0.1, mean: [0.1, 0.2, 0.3], std: [1, 2, 4] });
    const expected = [0, 0, 0, 0.3, 0.15, 0.075];
    for (const [index, value] of expected.entries()) expect(written[index]).toBeCloseTo(value, 6);
  });

  it('takes levels that were not rounded', () => {
    const levels = Float32Array.of(0.5, 127.5, 254.25, 0, 255, 1);
    const written = write({ channels: 'bgr', layout: 'nhwc', scale: 1 / 255, mean: [0.5, 0, 0] }, levels);
    const expected = [254.25 / 255 - 0.5, 0.5, 0.5 / 255, 1 / 255 - 0.5, 1, 0];
    for (const [index, value] of expected.entries()) expect(written[index]).toBeCloseTo(value, 6);
  });

  it('rounds and clips such levels for a uint8 input', () => {
    const levels = Float32Array.of(-3.5, 0.4, 0.6, 254.6, 255.4, 261);
    expect(write({ type: 'uint8', layout: 'nhwc' }, levels)).toEqual([0, 0, 1, 255, 255, 255]);
  });

  it('means by bgr that mean and deviation come in that order too', () => {
    expect(write({ channels: 'bgr', layout: 'nhwc', mean: [3, 2, 1] })).toEqual([0, 0, 0, 3, 3, 3]);
  });

  it('leaves uint8 pixels as they are', () => {
    expect(write({ type: 'uint8', layout: 'nhwc', scale: 0.5, mean: [9, 9, 9] })).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('gives int8 pixels less 128', () => {
    const written = write({ type: 'int8', layout: 'nhwc', channels: 'gray' }, Uint8Array.of(0, 255));
    expect(written).toEqual([-128, 127]);
  });

  it('inverts pixels by a scale below 0', () => {
    const written = write({ channels: 'gray', scale: -1 / 255, mean: [-1] }, Uint8Array.of(0, 255));
    expect(written).toEqual([1, 0]);
  });

  it('takes gray pixels', () => {
    expect(write({ channels: 'gray', scale: 2 }, Uint8Array.of(1, 255))).toEqual([2, 510]);
  });

  it('fills the place that it is told', () => {
    const batch = new Float32Array(12);
    createPixelWriter(spec)(pixels, batch, 1);
    expect([...batch]).toEqual([0, 0, 0, 0, 0, 0, 1, 4, 2, 5, 3, 6]);
  });

  it('refuses an image of another size', () => {
    expect(() => write({}, Uint8Array.of(1, 2, 3))).toThrow('3 values came where 6 belong');
  });
});
