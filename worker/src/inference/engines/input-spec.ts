/** Brings together what a manifest and a model file say of the input, and finds where they disagree. */
import path from 'node:path';
import type { Model } from '@scry/shared/models/model-folders';
import { ManifestProblem, shapeText } from '../../models/manifest-problem.js';
import type { InputDescription } from './engine.js';
import { channelCount, type InputSpec, type Layout } from './pixels.js';

export interface ResolvedInput extends InputSpec {
  /** Images in one run when the file fixes it; null when any number may be given. */
  readonly fixedBatch: number | null;
  /** False for models that take an image without a batch around it. */
  readonly batched: boolean;
}

/** Places of channels, height and width among the last three dimensions. */
const AXES: Readonly<Record<Layout, { c: number; h: number; w: number }>> = {
  nchw: { c: 0, h: 1, w: 2 },
  nhwc: { c: 2, h: 0, w: 1 },
};

function chooseLayout(model: Model, dims: readonly (number | null)[]): Layout {
  if (model.input.layout) return model.input.layout;
  const channels = channelCount(model.input);
  const [first, , last] = dims;
  if (first === channels && last !== channels) return 'nchw';
  if (last === channels && first !== channels) return 'nhwc';
  // How these exporters write images.
  const other = model.engine === 'tfjs' || !/\.(onnx|cfg)$/i.test(model.file);
  return other ? 'nhwc' : 'nchw';
}

/**
 * The input as both agree on it.
 * @throws ManifestProblem naming the field that does not fit, or that must be given
 */
export function resolveInput(model: Model, input: InputDescription): ResolvedInput {
  const file = path.basename(model.file);
  const shape = `input "${input.name}" of ${file} is ${shapeText(input.dims)}`;
  const problem = (field: string, text: string) =>
    new ManifestProblem(model, `input.${field}`, `${text}; ${shape}`);
  if (input.dims.length !== 4 && input.dims.length !== 3)
    throw problem('name', 'an image needs 4 dimensions, or 3 without a batch');
  const batched = input.dims.length === 4;
  const dims = input.dims.slice(-3);
  const layout = chooseLayout(model, dims);
  const { c, h, w } = AXES[layout];

  const channels = channelCount(model.input);
  const inFile = dims[c] ?? null;
  if (inFile !== null && inFile !== channels)
    throw problem(
      'channels',
      `"${model.input.channels}" in layout "${layout}" is ${channels}, not ${inFile}`,
    );
  const size = (field: 'width' | 'height', given: number | undefined, fixed: number | null): number => {
    if (given !== undefined && fixed !== null && given !== fixed)
      throw problem(field, `${given} is not ${fixed}`);
    const known = given ?? fixed;
    if (known === null) throw problem(field, 'must be given, since the file leaves it free');
    return known;
  };
  const width = size('width', model.input.width, dims[w] ?? null);
  const height = size('height', model.input.height, dims[h] ?? null);
  if (model.input.type !== undefined && model.input.type !== input.type)
    throw problem('type', `"${model.input.type}", but the file says ${input.type}`);

  const { scale, mean, std, crop } = model.input;
  if (crop !== undefined && crop > 1 && crop < Math.min(width, height))
    throw problem('crop', `${crop} is less than the ${Math.min(width, height)} pixels that are taken`);
  return {
    width,
    height,
    layout,
    channels: model.input.channels,
    type: input.type,
    scale,
    mean,
    std,
    batched,
    fixedBatch: batched ? (input.dims[0] ?? null) : 1,
  };
}
