/**
 * Two passes over RGB in WebAssembly, whose vector instructions take a third of the time that JavaScript takes. Owns
 * the memory that they work in, one for each thread: as much as the largest image needed, at most some 15 MB. A call
 * leaves nothing behind in it that the next one reads.
 */
import { PASSES } from './passes-binary.js';
import type { Raster } from './raster.js';
import { type FloatTaps, type IntegerTaps, longest, type Taps } from './taps.js';

interface Passes {
  scaleRgb(
    row: number,
    starts: number,
    lengths: number,
    weights: number,
    stride: number,
    count: number,
    to: number,
    bits: number,
  ): void;
  scaleRgbFloat(
    row: number,
    starts: number,
    lengths: number,
    weights: number,
    stride: number,
    count: number,
    to: number,
  ): void;
  joinRows(rows: number, weights: number, count: number, width: number, to: number, bits: number): void;
  joinRowsFloat(rows: number, weights: number, count: number, width: number, to: number): void;
}

const PAGE = 65_536;
const VECTOR = 16;
const CHANNELS = 3;

/** Kept rows take no more than this. */
const MOST_BYTES = 8 * 1024 * 1024;

const memory = new WebAssembly.Memory({ initial: 1 });
const compiled = new WebAssembly.Module(Buffer.from(PASSES, 'base64'));
const passes = new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as Passes;

/** Addresses of what one call works with. */
interface Layout {
  /** One source row. */
  readonly source: number;
  readonly columns: { readonly starts: number; readonly lengths: number; readonly weights: number };
  readonly rowWeights: number;
  /** Addresses of the rows that make one computed row. */
  readonly addresses: number;
  /** Scaled rows; row `r` is kept at place `r % kept`. */
  readonly lines: number;
  readonly lineBytes: number;
  readonly kept: number;
  readonly result: number;
}

/** Room for so many bytes and what the last vector writes beyond them. */
const room = (bytes: number): number => Math.ceil(bytes / VECTOR) * VECTOR + VECTOR;

/** True when the rows that one computed row is made of can be kept together. */
export function fitsPasses(source: Raster, columns: Taps, rows: Taps, bytesPerValue: number): boolean {
  const lineBytes = room(columns.starts.length * CHANNELS * bytesPerValue);
  return source.channels === CHANNELS && longest(rows) * lineBytes <= MOST_BYTES;
}

function layOut(source: Raster, columns: Taps, rows: Taps, bytesPerValue: number): Layout {
  let end = 0;
  const take = (bytes: number): number => {
    const at = end;
    end += room(bytes);
    return at;
  };
  const lineBytes = room(columns.starts.length * CHANNELS * bytesPerValue);
  const kept = longest(rows);
  const layout: Layout = {
    source: take(source.width * CHANNELS),
    columns: {
      starts: take(columns.starts.byteLength),
      lengths: take(columns.lengths.byteLength),
      weights: take(columns.weights.byteLength),
    },
    rowWeights: take(rows.weights.byteLength),
    addresses: take(kept * 4),
    lines: take(kept * lineBytes),
    lineBytes,
    kept,
    result: take(lineBytes),
  };
  const missing = end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  copyIn(layout.columns.starts, columns.starts);
  copyIn(layout.columns.lengths, columns.lengths);
  copyIn(layout.columns.weights, columns.weights);
  copyIn(layout.rowWeights, rows.weights);
  return layout;
}

function copyIn(address: number, { buffer, byteOffset, byteLength }: Int32Array | Float32Array): void {
  new Uint8Array(memory.buffer, address, byteLength).set(new Uint8Array(buffer, byteOffset, byteLength));
}

/**
 * Calls `join` for each computed row, once the rows that make it are scaled by `scale` and their addresses written.
 * @param scale given where it is to write, scales the row at `layout.source`
 * @param join given the address of the weights and their number, and the computed row
 */
function run(
  source: Raster,
  rows: Taps,
  layout: Layout,
  scale: (to: number) => void,
  join: (weights: number, count: number, y: number) => void,
): void {
  const bytes = new Uint8Array(memory.buffer);
  const addresses = new Int32Array(memory.buffer, layout.addresses, layout.kept);
  const held = new Int32Array(layout.kept).fill(-1);
  const rowBytes = source.width * CHANNELS;
  for (let y = 0; y < rows.starts.length; y++) {
    const start = rows.starts[y] as number;
    const count = rows.lengths[y] as number;
    for (let tap = 0; tap < count; tap++) {
      const row = start + tap;
      const place = row % layout.kept;
      const line = layout.lines + place * layout.lineBytes;
      if (held[place] !== row) {
        bytes.set(source.data.subarray(row * rowBytes, (row + 1) * rowBytes), layout.source);
        scale(line);
        held[place] = row;
      }
      addresses[tap] = line;
    }
    join(layout.rowWeights + y * rows.stride * 4, count, y);
  }
}

/**
 * Resamples in integers. Same numbers as `resampleFixed`.
 * @param bits fraction bits of the weights
 * @returns 8-bit `[rows, columns, 3]` of the computed window; owns its ArrayBuffer
 */
export function resampleRgb(
  source: Raster,
  columns: IntegerTaps,
  rows: IntegerTaps,
  bits: number,
): Uint8Array {
  const layout = layOut(source, columns, rows, 1);
  const count = columns.starts.length;
  const width = count * CHANNELS;
  const { starts, lengths, weights } = layout.columns;
  const result = new Uint8Array(width * rows.starts.length);
  const line = new Uint8Array(memory.buffer, layout.result, width);
  run(
    source,
    rows,
    layout,
    (to) => passes.scaleRgb(layout.source, starts, lengths, weights, columns.stride * 4, count, to, bits),
    (rowWeights, taps, y) => {
      passes.joinRows(layout.addresses, rowWeights, taps, width, layout.result, bits);
      result.set(line, y * width);
    },
  );
  return result;
}

/** Resamples in float32. @returns `[rows, columns, 3]` of the computed window; owns its ArrayBuffer */
export function resampleRgbFloat(source: Raster, columns: FloatTaps, rows: FloatTaps): Float32Array {
  const layout = layOut(source, columns, rows, 4);
  const count = columns.starts.length;
  const width = count * CHANNELS;
  const { starts, lengths, weights } = layout.columns;
  const result = new Float32Array(width * rows.starts.length);
  const line = new Float32Array(memory.buffer, layout.result, width);
  run(
    source,
    rows,
    layout,
    (to) => passes.scaleRgbFloat(layout.source, starts, lengths, weights, columns.stride * 4, count, to),
    (rowWeights, taps, y) => {
      passes.joinRowsFloat(layout.addresses, rowWeights, taps, width * 4, layout.result);
      result.set(line, y * width);
    },
  );
  return result;
}
