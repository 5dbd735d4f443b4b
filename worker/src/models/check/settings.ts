/** The usual ways in which training code prepares pixels, as changes to a manifest's `input`. */
import { IMAGENET, MINUS_ONE_TO_ONE, TO_ONE } from '@scry/shared/models/complete/pixels';

export type InputSettings = Readonly<Record<string, unknown>>;

export interface Setting {
  /** For people: "0 to 1, bgr". */
  readonly name: string;
  readonly input: InputSettings;
}

const CAFFE_RGB = { scale: 1, mean: [123.68, 116.779, 103.939] };

/** Numbers that networks of three channels take, means in the order of red, green and blue. */
const COLOR_NUMBERS: readonly [string, InputSettings][] = [
  ['0 to 1', { scale: TO_ONE }],
  ['0 to 255', { scale: 1 }],
  ['-1 to 1', MINUS_ONE_TO_ONE(3)],
  ["ImageNet's mean and deviation", IMAGENET],
  ["ImageNet's mean off levels", CAFFE_RGB],
];
const GRAY_NUMBERS: readonly [string, InputSettings][] = [
  ['0 to 1', { scale: TO_ONE }],
  ['0 to 255', { scale: 1 }],
  ['-1 to 1', MINUS_ONE_TO_ONE(1)],
  ['1 to 0', { scale: -TO_ONE, mean: [-1] }],
];

const RESIZES: readonly [string, InputSettings][] = [
  ['stretch', { resize: 'stretch' }],
  ['cover', { resize: 'cover' }],
  ['cover, crop 0.875', { resize: 'cover', crop: 0.875 }],
  ['contain', { resize: 'contain' }],
  ['contain, at the top left', { resize: 'contain', align: 'start' }],
  ['fit', { resize: 'fit' }],
];

const RESAMPLINGS: readonly [string, InputSettings][] = [
  ['fast', { resample: 'fast' }],
  ['pillow', { resample: 'pillow' }],
  ['pillow, bicubic', { resample: 'pillow', filter: 'bicubic' }],
  ['opencv', { resample: 'opencv' }],
  ['tensorflow', { resample: 'tensorflow' }],
  ['torch, antialias', { resample: 'torch', antialias: true }],
];

function without(input: InputSettings, fields: readonly string[]): InputSettings {
  return Object.fromEntries(Object.entries(input).filter(([field]) => !fields.includes(field)));
}

const reversed = (values: unknown) => (Array.isArray(values) ? { mean: values.toReversed() } : {});

function forBgr(numbers: InputSettings): InputSettings {
  const { std } = numbers;
  return { ...numbers, ...reversed(numbers.mean), ...(Array.isArray(std) ? { std: std.toReversed() } : {}) };
}

/** Numbers and orders of channels. @param channels of the manifest */
export function numberSettings(input: InputSettings, channels: string): Setting[] {
  const base = without(input, ['scale', 'mean', 'std', 'channels']);
  if (channels === 'gray')
    return GRAY_NUMBERS.map(([name, numbers]) => ({ name, input: { ...base, channels, ...numbers } }));
  const rgb = COLOR_NUMBERS.map(([name, numbers]) => ({
    name: `${name}, rgb`,
    input: { ...base, channels: 'rgb', ...numbers },
  }));
  const bgr = COLOR_NUMBERS.map(([name, numbers]) => ({
    name: `${name}, bgr`,
    input: { ...base, channels: 'bgr', ...forBgr(numbers) },
  }));
  // What was given may be right but for the order of its channels.
  const { scale, mean, std } = input;
  const own = {
    ...(scale === undefined ? {} : { scale }),
    ...(mean ? { mean } : {}),
    ...(std ? { std } : {}),
  };
  const other = channels === 'bgr' ? 'rgb' : 'bgr';
  return [
    ...rgb,
    ...bgr,
    { name: `as given, ${other}`, input: { ...base, channels: other, ...forBgr(own) } },
  ];
}

/** Ways to bring an image to the size of the input. */
export function resizeSettings(input: InputSettings): Setting[] {
  const base = without(input, ['resize', 'crop', 'pad', 'align']);
  return RESIZES.map(([name, resize]) => ({ name, input: { ...base, ...resize } }));
}

/** Whose arithmetic it is done in. */
export function resampleSettings(input: InputSettings): Setting[] {
  const base = without(input, ['resample', 'filter', 'antialias']);
  return RESAMPLINGS.map(([name, resample]) => ({ name, input: { ...base, ...resample } }));
}
