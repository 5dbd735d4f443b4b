/** Decodes an image whole and scales it exactly, in a thread of its own because the scaling blocks. */
import type { ImageFormat } from '@scry/shared/contracts/prediction';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import type { Sharp } from 'sharp';
import { collectGarbage } from './collect-garbage.js';
import { decodeWhole, openEncoded, openRaw, type RawImage } from './decode.js';
import { fitExactly } from './exact.js';
import type { ImageLimits } from './failures.js';
import type { Fitted, ImageInput } from './fit.js';

export interface ExactTask {
  readonly source: { readonly bytes: Uint8Array; readonly format: ImageFormat } | { readonly raw: RawImage };
  readonly input: ImageInput;
  readonly limits: ImageLimits;
}

/** Pixels of an image whose memory is given back at once: 12 MB of it. */
const LARGE = 4_000_000;

/** @throws what sharp says of a damaged image, or of one that takes too long */
export default async function prepareExactly({ source, input, limits }: ExactTask): Promise<Fitted> {
  const { fitted, pixels } = await fit(source, input, limits);
  if (pixels > LARGE) await collectGarbage();
  const moved = { [transferableSymbol]: [fitted.pixels.buffer], [valueSymbol]: fitted };
  return move(moved as never) as unknown as Fitted; // arrives as `fitted`, its pixels not copied
}

/** The whole image is held by nothing once this has returned. */
async function fit(source: ExactTask['source'], input: ImageInput, limits: ImageLimits) {
  const image = await decodeWhole(open(source, input, limits), limits);
  return { fitted: fitExactly(image, input), pixels: image.width * image.height };
}

function open(source: ExactTask['source'], input: ImageInput, limits: ImageLimits): Sharp {
  if ('raw' in source) return openRaw(source.raw, limits);
  const { buffer, byteOffset, byteLength } = source.bytes;
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  return openEncoded(bytes, source.format, input.resample === 'fast' ? 'converted' : 'ignored', limits);
}
