/** The grid that masks are laid on: one cell per pixel of the model input that the image covers. Pure geometry. */
import type { Geometry } from '../../imaging/geometry.js';

/** Rows and columns at the most: masks of larger inputs are made on a coarser grid. */
const MOST = 1024;

export interface MaskGrid {
  readonly rows: number;
  readonly columns: number;
}

/** The grid of an image that lies in a model input as `geometry` says. */
export function maskGrid({ width, height }: Geometry): MaskGrid {
  const shrink = Math.min(1, MOST / Math.max(width, height));
  const cells = (length: number) => Math.max(1, Math.round(length * shrink));
  return { rows: cells(height), columns: cells(width) };
}

/** For each cell along one axis: the two places of a network's output around it, and the weight of the second. */
export interface Taps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly weight: Float32Array;
}

/**
 * Taps for sampling linearly between the centres of an output's places (as `align_corners=False` does in PyTorch).
 * @param cells of the grid along this axis
 * @param start where the image begins in the model input, and `length`, how far it reaches, pixels
 * @param inputSize pixels of the model input along this axis
 * @param outputSize places of the output along this axis
 */
export function taps(
  cells: number,
  start: number,
  length: number,
  inputSize: number,
  outputSize: number,
): Taps {
  const first = new Int32Array(cells);
  const second = new Int32Array(cells);
  const weight = new Float32Array(cells);
  const last = outputSize - 1;
  for (let cell = 0; cell < cells; cell++) {
    const inInput = start + ((cell + 0.5) / cells) * length;
    const place = Math.min(last, Math.max(0, (inInput / inputSize) * outputSize - 0.5));
    first[cell] = Math.floor(place);
    second[cell] = Math.min(last, Math.floor(place) + 1);
    weight[cell] = place - Math.floor(place);
  }
  return { first, second, weight };
}

/** One axis of a box in cells: from the first whose centre lies inside, up to but without the last. */
export function cellRange(from: number, to: number, cells: number): readonly [number, number] {
  return [Math.max(0, Math.round(from * cells)), Math.min(cells, Math.round(to * cells))];
}
