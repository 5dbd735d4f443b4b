/** What Keras' layers compute, written out plainly: one image without its batch, channels last. */

export interface Array3 {
  /** Sizes without the batch. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export const count = (shape: readonly number[]): number => shape.reduce((all, size) => all * size, 1);

export function map(x: Array3, apply: (value: number, index: number) => number): Array3 {
  return { shape: x.shape, data: x.data.map(apply) };
}

/** Pads before and after as TensorFlow's `same` has them, and the output's size. */
function window(size: number, kernel: number, stride: number, dilation: number, padding: string) {
  const span = dilation * (kernel - 1) + 1;
  if (padding === 'valid') return { before: 0, out: Math.floor((size - span) / stride) + 1 };
  const out = Math.ceil(size / stride);
  return { before: Math.floor(Math.max((out - 1) * stride + span - size, 0) / 2), out };
}

export interface Sliding {
  readonly strides: readonly [number, number];
  readonly padding: string;
  readonly dilation?: number;
}

/** Calls back for every pixel of every window: output row and column, kernel row and column, input pixel. */
function slide(
  x: Array3,
  kernel: readonly [number, number],
  { strides, padding, dilation = 1 }: Sliding,
  visit: (outPixel: number, tap: number, inPixel: number) => void,
): readonly [number, number] {
  const [height = 0, width = 0] = x.shape;
  const rows = window(height, kernel[0], strides[0], dilation, padding);
  const columns = window(width, kernel[1], strides[1], dilation, padding);
  for (let r = 0; r < rows.out; r += 1)
    for (let c = 0; c < columns.out; c += 1)
      for (let i = 0; i < kernel[0]; i += 1)
        for (let j = 0; j < kernel[1]; j += 1) {
          const y = r * strides[0] + i * dilation - rows.before;
          const z = c * strides[1] + j * dilation - columns.before;
          if (y < 0 || z < 0 || y >= height || z >= width) continue;
          visit(r * columns.out + c, i * kernel[1] + j, y * width + z);
        }
  return [rows.out, columns.out];
}

/** Kernel (rows, columns, in / groups, out). */
export function conv(
  x: Array3,
  kernel: Array3,
  bias: Float32Array | undefined,
  sliding: Sliding,
  groups = 1,
): Array3 {
  const [kh = 1, kw = 1, per = 1, out = 1] = kernel.shape;
  const channels = x.shape[2] as number;
  const perGroup = out / groups;
  let data = new Float32Array();
  const pixels = new Map<number, Float64Array>();
  const size = slide(x, [kh, kw], sliding, (outPixel, tap, inPixel) => {
    const sums = pixels.get(outPixel) ?? new Float64Array(out);
    pixels.set(outPixel, sums);
    for (let o = 0; o < out; o += 1) {
      const first = Math.floor(o / perGroup) * per;
      for (let c = 0; c < per; c += 1)
        sums[o] =
          (sums[o] as number) +
          (x.data[inPixel * channels + first + c] as number) *
            (kernel.data[(tap * per + c) * out + o] as number);
    }
  });
  data = new Float32Array(count(size) * out);
  for (const [pixel, sums] of pixels) data.set(sums, pixel * out);
  if (bias) data = data.map((value, index) => value + (bias[index % out] as number));
  return { shape: [...size, out], data };
}

/** Kernel (rows, columns, in, multiplier). */
export function depthwise(
  x: Array3,
  kernel: Array3,
  bias: Float32Array | undefined,
  sliding: Sliding,
): Array3 {
  const [kh = 1, kw = 1, channels = 1, multiplier = 1] = kernel.shape;
  const grouped = { shape: [kh, kw, 1, channels * multiplier], data: kernel.data };
  return conv(x, grouped, bias, sliding, channels);
}

export function pool(
  x: Array3,
  kernel: readonly [number, number],
  sliding: Sliding,
  average: boolean,
): Array3 {
  const channels = x.shape[2] as number;
  const found = new Map<number, number[]>();
  const size = slide(x, kernel, sliding, (outPixel, _, inPixel) => {
    for (let c = 0; c < channels; c += 1) {
      const at = outPixel * channels + c;
      const list = found.get(at) ?? [];
      found.set(at, list);
      list.push(x.data[inPixel * channels + c] as number);
    }
  });
  const data = new Float32Array(count(size) * channels);
  for (const [at, list] of found)
    data[at] = average ? list.reduce((sum, value) => sum + value, 0) / list.length : Math.max(...list);
  return { shape: [...size, channels], data };
}

/** Over all positions, one number per channel. */
export function globalPool(x: Array3, average: boolean): Float32Array {
  const channels = x.shape.at(-1) as number;
  const positions = x.data.length / channels;
  return Float32Array.from({ length: channels }, (_, c) => {
    const values = Array.from({ length: positions }, (_, p) => x.data[p * channels + c] as number);
    return average ? values.reduce((sum, value) => sum + value, 0) / positions : Math.max(...values);
  });
}

/** Kernel (in, out), over the last axis. */
export function dense(x: Array3, kernel: Array3, bias?: Float32Array): Array3 {
  const [from = 1, to = 1] = kernel.shape;
  const rows = x.data.length / from;
  const data = new Float32Array(rows * to);
  for (let row = 0; row < rows; row += 1)
    for (let o = 0; o < to; o += 1) {
      let sum = bias?.[o] ?? 0;
      for (let i = 0; i < from; i += 1)
        sum += (x.data[row * from + i] as number) * (kernel.data[i * to + o] as number);
      data[row * to + o] = sum;
    }
  return { shape: [...x.shape.slice(0, -1), to], data };
}

/** One factor and one summand per channel. */
export function affine(x: Array3, factors: ArrayLike<number>, summands: ArrayLike<number>): Array3 {
  const channels = factors.length;
  return map(
    x,
    (value, index) => value * (factors[index % channels] as number) + (summands[index % channels] as number),
  );
}

/** Applies a function to every run of the last axis. */
export function alongLast(x: Array3, apply: (values: readonly number[]) => readonly number[]): Array3 {
  const size = x.shape.at(-1) as number;
  const data = new Float32Array(x.data.length);
  for (let from = 0; from < data.length; from += size)
    data.set(apply([...x.data.subarray(from, from + size)]), from);
  return { shape: x.shape, data };
}

/** Numbers of two arrays with sizes of one repeated, aligned at the last axis. */
export function combine(a: Array3, b: Array3, apply: (x: number, y: number) => number): Array3 {
  const rank = Math.max(a.shape.length, b.shape.length);
  const wide = ({ shape }: Array3) => [...Array<number>(rank - shape.length).fill(1), ...shape];
  const [left, right] = [wide(a), wide(b)];
  const shape = left.map((size, axis) => Math.max(size, right[axis] as number));
  const at = (sizes: readonly number[], index: number) => {
    let rest = index;
    let [offset, stride] = [0, 1];
    for (let axis = rank - 1; axis >= 0; axis -= 1) {
      const size = shape[axis] as number;
      offset += (sizes[axis] === 1 ? 0 : rest % size) * stride;
      stride *= sizes[axis] as number;
      rest = Math.floor(rest / size);
    }
    return offset;
  };
  const data = Float32Array.from({ length: count(shape) }, (_, index) =>
    apply(a.data[at(left, index)] as number, b.data[at(right, index)] as number),
  );
  return { shape, data };
}

export function concatLast(parts: readonly Array3[]): Array3 {
  const sizes = parts.map(({ shape }) => shape.at(-1) as number);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const rows = (parts[0] as Array3).data.length / (sizes[0] as number);
  const data = new Float32Array(rows * total);
  let from = 0;
  for (const [index, part] of parts.entries()) {
    const size = sizes[index] as number;
    for (let row = 0; row < rows; row += 1)
      data.set(part.data.subarray(row * size, (row + 1) * size), row * total + from);
    from += size;
  }
  return { shape: [...(parts[0] as Array3).shape.slice(0, -1), total], data };
}

type Margins = readonly [readonly [number, number], readonly [number, number]];

/** Adds zeros around an image, or with negative margins cuts it. */
export function pad(x: Array3, [[top, bottom], [left, right]]: Margins): Array3 {
  const [height = 0, width = 0, channels = 0] = x.shape;
  const shape = [height + top + bottom, width + left + right, channels];
  const data = new Float32Array(count(shape));
  for (let r = 0; r < (shape[0] as number); r += 1)
    for (let c = 0; c < (shape[1] as number); c += 1) {
      const [y, z] = [r - top, c - left];
      if (y < 0 || z < 0 || y >= height || z >= width) continue;
      const from = (y * width + z) * channels;
      data.set(x.data.subarray(from, from + channels), (r * (shape[1] as number) + c) * channels);
    }
  return { shape, data };
}

export function enlarge(x: Array3, factor: number): Array3 {
  const [height = 0, width = 0, channels = 0] = x.shape;
  const shape = [height * factor, width * factor, channels];
  const data = Float32Array.from({ length: count(shape) }, (_, index) => {
    const c = index % channels;
    const column = Math.floor(index / channels) % (width * factor);
    const row = Math.floor(index / channels / (width * factor));
    return x.data[(Math.floor(row / factor) * width + Math.floor(column / factor)) * channels + c] as number;
  });
  return { shape, data };
}
