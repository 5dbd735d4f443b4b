/** Rounding as C does it with the default mode: half to even. Python's `round` does the same. */
export function roundHalfToEven(value: number): number {
  const up = Math.round(value);
  return up - value === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

/** Float levels as 8-bit ones, rounded and clipped to 0 to 255. */
export function rounded(levels: Float32Array): Uint8Array {
  return new Uint8Array(new Uint8ClampedArray(levels).buffer); // which rounds half to even
}
