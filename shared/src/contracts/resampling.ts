/** What the fields of a manifest's `input` that say how images are resized must keep to, and their defaults. */
import type { z } from 'zod';
import {
  ANTIALIAS_IS_A_CHOICE,
  FAST_FILTERS,
  type Filter,
  LIBRARY_FILTERS,
  type Library,
} from '../imaging/resample/libraries.js';
import type { Resize } from '../imaging/resample/placement.js';

export interface Resampling {
  readonly resample: Library | 'fast';
  readonly filter: Filter;
  readonly antialias: boolean;
  readonly resize?: Resize | undefined;
  readonly crop?: number | undefined;
  readonly pad?: number | number[] | undefined;
  readonly channels: 'rgb' | 'bgr' | 'gray';
}

type Issue = readonly [field: string, message: string];

/** Adds an issue for every field that does not fit the others. */
export function checkResampling(input: Resampling, context: z.RefinementCtx): void {
  for (const [field, message] of issues(input)) context.addIssue({ code: 'custom', path: [field], message });
}

function* issues(input: Resampling): Generator<Issue> {
  const { resample, filter, antialias, resize, crop, pad, channels } = input;
  const filters: readonly string[] = resample === 'fast' ? FAST_FILTERS : LIBRARY_FILTERS[resample];
  if (!filters.includes(filter))
    yield ['filter', `"resample": "${resample}" has no filter "${filter}", but ${filters.join(', ')}`];
  if (antialias && !ANTIALIAS_IS_A_CHOICE.has(resample))
    yield ['antialias', `is a choice with tensorflow and torch only, not with "${resample}"`];
  if (antialias && filter !== 'bilinear' && filter !== 'bicubic')
    yield ['antialias', `is a choice with the filters bilinear and bicubic only, not with "${filter}"`];
  if (crop !== undefined && resize !== undefined && resize !== 'cover')
    yield ['crop', `goes with "resize": "cover" only, not with "${resize}"`];
  if (crop !== undefined && crop > 1 && !Number.isInteger(crop))
    yield ['crop', 'must be a whole number of pixels, or a share of at most 1'];
  if (Array.isArray(pad) && channels === 'gray')
    yield ['pad', 'must be one level, since "channels" is "gray"'];
}

/** Ultralytics pads with gray; ImageOps.pad, torchvision and resize_with_pad with black. */
const PADS = { fast: 114, opencv: 114, pillow: 0, tensorflow: 0, torch: 0 } as const satisfies Record<
  Resampling['resample'],
  number
>;

/** Fills in what follows from other fields. */
export function withResamplingDefaults<Input extends Resampling>(
  input: Input,
): Input & { resize: Resize; pad: number | number[] } {
  const resize = input.resize ?? (input.crop === undefined ? 'stretch' : 'cover');
  return { ...input, resize, pad: input.pad ?? PADS[input.resample] };
}
