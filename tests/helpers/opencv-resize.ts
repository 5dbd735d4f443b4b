/**
 * OpenCV's INTER_LINEAR for 8-bit RGB: half-pixel centres, coefficients of 11 bits.
 * Source: opencv/modules/imgproc/src/resize.cpp.
 */

interface Tap {
  readonly at: readonly [number, number];
  readonly weight: readonly [number, number];
}

function taps(from: number, to: number): Tap[] {
  return Array.from({ length: to }, (_, index) => {
    let position = (index + 0.5) * (from / to) - 0.5;
    position = Math.min(Math.max(position, 0), from - 1);
    const first = Math.min(Math.floor(position), from - 1);
    const second = Math.round((position - first) * 2048);
    return { at: [first, Math.min(first + 1, from - 1)], weight: [2048 - second, second] };
  });
}

/** @param pixels RGB, row by row */
export function opencvLinear(
  pixels: Uint8Array,
  from: { width: number; height: number },
  to: { width: number; height: number },
): Uint8Array {
  const columns = taps(from.width, to.width);
  const rows = taps(from.height, to.height);
  const result = new Uint8Array(to.width * to.height * 3);
  const across = (y: number, { at, weight }: Tap, c: number) =>
    (pixels[(y * from.width + at[0]) * 3 + c] as number) * weight[0] +
    (pixels[(y * from.width + at[1]) * 3 + c] as number) * weight[1];
  let out = 0;
  for (const row of rows)
    for (const column of columns)
      for (let c = 0; c < 3; c++) {
        const upper = ((across(row.at[0], column, c) >> 4) * row.weight[0]) >> 16;
        const lower = ((across(row.at[1], column, c) >> 4) * row.weight[1]) >> 16;
        result[out++] = (upper + lower + 2) >> 2;
      }
  return result;
}
