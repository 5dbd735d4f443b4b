/** What a person may correct about an uploaded model, and what that changes in its manifest. */

type Manifest = Readonly<Record<string, unknown>>;

/** How levels become numbers: what people know it as. */
export const NUMBERS = ['bytes', 'unit', 'signed', 'imagenet'] as const;
export type Numbers = (typeof NUMBERS)[number] | 'asFound';
export const CHANNELS = ['rgb', 'bgr', 'gray'] as const;
export const RESAMPLES = ['fast', 'pillow', 'opencv', 'tensorflow', 'torch'] as const;
export const RESIZES = ['stretch', 'cover', 'contain', 'fit'] as const;

/** The fields that can be corrected, as a form has them. */
export interface Settings {
  /** One label per line. */
  readonly labels: string;
  readonly channels: string;
  readonly numbers: Numbers;
  readonly resample: string;
  readonly resize: string;
  /** A number, or nothing. */
  readonly crop: string;
  readonly threshold: string;
}
export type Setting = keyof Settings;

const part = (manifest: Manifest, field: string): Manifest => (manifest[field] ?? {}) as Manifest;

interface Range {
  readonly scale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** `(level × scale − mean) / std`, with a mean and a deviation per channel. */
const RANGES: Readonly<Record<(typeof NUMBERS)[number], Range>> = {
  bytes: { scale: 1, mean: [], std: [] },
  unit: { scale: 1 / 255, mean: [], std: [] },
  signed: { scale: 1 / 127.5, mean: [1, 1, 1], std: [] },
  imagenet: { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
};

const near = (a: number, b: number) => Math.abs(a - b) < 1e-4 * Math.max(1, Math.abs(b));

/** Factor and offset of each channel, whichever way scale, mean and deviation say them. */
function lines({ scale, mean, std }: Range, channels: number): number[] {
  return Array.from({ length: channels }, (_, at) => [
    scale / (std[at] ?? 1),
    (mean[at] ?? 0) / (std[at] ?? 1),
  ]).flat();
}

function numbersOf(input: Manifest): Numbers {
  const list = (value: unknown) => (Array.isArray(value) ? (value as number[]) : []);
  const scale = typeof input.scale === 'number' ? input.scale : 1 / 255;
  const channels = input.channels === 'gray' ? 1 : 3;
  const own = lines({ scale, mean: list(input.mean), std: list(input.std) }, channels);
  const same = (range: Range) =>
    lines(range, channels).every((value, at) => near(value, own[at] ?? Number.NaN));
  return NUMBERS.find((name) => same(RANGES[name])) ?? 'asFound';
}

/** What a manifest says, as a form has it. */
export function settingsOf(manifest: Manifest): Settings {
  const [input, output] = [part(manifest, 'input'), part(manifest, 'output')];
  const text = (value: unknown) => (value === undefined || value === null ? '' : String(value));
  return {
    labels: Array.isArray(manifest.labels) ? manifest.labels.join('\n') : '',
    channels: text(input.channels ?? 'rgb'),
    numbers: numbersOf(input),
    resample: text(input.resample ?? 'fast'),
    resize: text(input.resize ?? 'stretch'),
    crop: text(input.crop),
    threshold: text(output.threshold),
  };
}

/** Labels of a text with one per line. */
export const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

function rangeChange(numbers: Numbers, channels: string): Record<string, unknown> {
  if (numbers === 'asFound') return {};
  const { scale, mean, std } = RANGES[numbers];
  const list = (all: readonly number[]) =>
    all.length === 0 ? null : channels === 'gray' ? all.slice(0, 1) : all;
  return { scale, mean: list(mean), std: list(std) };
}

function inputChange(before: Settings, after: Settings): Record<string, unknown> {
  const changed = (field: Setting) => before[field] !== after[field];
  return {
    ...(changed('channels') && { channels: after.channels }),
    ...((changed('numbers') || (changed('channels') && after.numbers !== 'asFound')) &&
      rangeChange(after.numbers, after.channels)),
    // Filters and padding are those of a library: another one begins with its own.
    ...(changed('resample') && { resample: after.resample, filter: null, antialias: null, pad: null }),
    ...(changed('resize') && { resize: after.resize }),
    ...(changed('crop') && { crop: after.crop === '' ? null : Number(after.crop) }),
    // A crop belongs to cutting out the middle.
    ...(changed('resize') && after.resize !== 'cover' && { crop: null }),
  };
}

/** What to change in the manifest; empty: nothing was changed. */
export function manifestChange(before: Settings, after: Settings): Record<string, unknown> {
  const input = inputChange(before, after);
  const threshold = after.threshold === '' ? null : Number(after.threshold);
  return {
    ...(before.labels !== after.labels && { labels: linesOf(after.labels) }),
    ...(Object.keys(input).length > 0 && { input }),
    ...(before.threshold !== after.threshold && { output: { threshold } }),
  };
}

/** Fields of a manifest that a setting is about, for their reasons. */
export const FIELDS_OF: Readonly<Record<Setting, readonly string[]>> = {
  labels: ['labels'],
  channels: ['input.channels'],
  numbers: ['input.scale', 'input.mean', 'input.std'],
  resample: ['input.resample'],
  resize: ['input.resize'],
  crop: ['input.crop'],
  threshold: ['output.threshold'],
};
