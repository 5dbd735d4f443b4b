/** Images as arrays, and which part of a scaled image is computed. */

/** Interleaved 8-bit pixels, rows from the top: `[height, width, channels]`. */
export interface Raster {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** 1 (gray) or 3. */
  readonly channels: number;
}

/** One axis of a resize: source pixels `from` to `to` become `scaled` pixels, of which `count` from `first` are computed. */
export interface Axis {
  /** Pixels of the whole source along this axis. */
  readonly size: number;
  /** Where the part that is scaled begins and ends, in source pixels; fractions only for Pillow. */
  readonly from: number;
  readonly to: number;
  /** Pixels that this part becomes. */
  readonly scaled: number;
  /** The scaled pixels that are computed: whole numbers within 0 and `scaled`. */
  readonly first: number;
  readonly count: number;
}

/** A resize: its columns and its rows. */
export interface Scaling {
  readonly x: Axis;
  readonly y: Axis;
}

/** The whole source, scaled to `width × height`, all of it computed. */
export function wholeScaling(
  source: Pick<Raster, 'width' | 'height'>,
  width: number,
  height: number,
): Scaling {
  return { x: wholeAxis(source.width, width), y: wholeAxis(source.height, height) };
}

const wholeAxis = (size: number, scaled: number): Axis => ({
  size,
  from: 0,
  to: size,
  scaled,
  first: 0,
  count: scaled,
});

/** True when every computed pixel is the source pixel at the same place. */
export function isCopy(axis: Axis): boolean {
  return axis.from % 1 === 0 && axis.to - axis.from === axis.scaled;
}
