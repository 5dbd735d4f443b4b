/** Filter functions: the weight of a source pixel at a distance, in pixels of the larger grid. */

export interface FilterFunction {
  /** Distance beyond which every weight is 0. */
  readonly support: number;
  readonly weight: (distance: number) => number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

/** Keys' cubic convolution; `a` is -0.5 in Pillow and TensorFlow, -0.75 in OpenCV and PyTorch. */
export function cubic(a: number, distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}

export const box: FilterFunction = {
  support: 0.5,
  weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0),
};

export const triangle: FilterFunction = {
  support: 1,
  weight: (x) => Math.max(0, 1 - Math.abs(x)),
};

export const hamming: FilterFunction = {
  support: 1,
  weight: (distance) => {
    const x = Math.abs(distance);
    if (x === 0) return 1;
    return x >= 1 ? 0 : sinc(x) * (Math.fround(0.54) + Math.fround(0.46) * Math.cos(x * Math.PI));
  },
};

export const keys: FilterFunction = { support: 2, weight: (x) => cubic(-0.5, x) };

export const lanczos3: FilterFunction = {
  support: 3,
  weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0),
};
