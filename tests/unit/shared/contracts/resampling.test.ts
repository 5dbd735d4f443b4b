import { manifestSchema } from '@scry/shared/contracts/manifest';

const input = (fields: object) =>
  manifestSchema.safeParse({
    name: 'm',
    task: 'classification',
    engine: 'onnx',
    file: 'model.onnx',
    labels: ['a'],
    input: fields,
    output: { format: 'logits' },
  });

describe('how a manifest says that images are resized', () => {
  it('is by libvips, stretched, unless it says something else', () => {
    expect(input({}).data?.input).toMatchObject({
      resample: 'fast',
      resize: 'stretch',
      filter: 'bilinear',
      pad: 114,
    });
  });

  it('is by cropping where it says how much', () => {
    expect(input({ resample: 'pillow', crop: 0.875 }).data?.input).toMatchObject({
      resize: 'cover',
      crop: 0.875,
    });
  });

  it.each([
    ['fast', 114],
    ['opencv', 114],
    ['pillow', 0],
    ['tensorflow', 0],
    ['torch', 0],
  ])('pads as those do who use %s', (resample, pad) => {
    expect(input({ resample, resize: 'contain' }).data?.input.pad).toBe(pad);
  });

  it.each([
    [
      'a filter that the library does not have',
      { resample: 'opencv', filter: 'hamming' },
      '"resample": "opencv" has no filter "hamming", but nearest, bilinear, bicubic, area',
    ],
    [
      'a filter that libvips does not have',
      { filter: 'box' },
      '"resample": "fast" has no filter "box", but nearest, bilinear, bicubic',
    ],
    [
      'antialiasing where there is no choice',
      { resample: 'pillow', antialias: true },
      'is a choice with tensorflow and torch only, not with "pillow"',
    ],
    [
      'antialiasing of copied pixels',
      { resample: 'torch', filter: 'nearest', antialias: true },
      'is a choice with the filters bilinear and bicubic only, not with "nearest"',
    ],
    [
      'a crop of what is padded',
      { resize: 'contain', crop: 256 },
      'goes with "resize": "cover" only, not with "contain"',
    ],
    ['a crop of half a pixel', { crop: 255.5 }, 'must be a whole number of pixels, or a share of at most 1'],
    [
      'colors for gray',
      { channels: 'gray', pad: [1, 2, 3] },
      'must be one level, since "channels" is "gray"',
    ],
  ])('is refused with a sentence: %s', (_name, fields, message) => {
    expect(input(fields).error?.issues.map((issue) => issue.message)).toEqual([message]);
  });
});
