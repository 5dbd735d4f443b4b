/**
 * HDF5 files in memory. Owns one file in h5wasm's own file system, from `open` to `close`, and how many bytes may still
 * be read from it: a file may claim data of any size without holding it.
 */
import * as h5wasm from 'h5wasm';
import { ConversionError, quote } from '../errors.js';
import { float16ToFloat32 } from '../proto/float16.js';
import { arrayFromBytes, float32, type NumericTensor, sizeOf } from '../proto/tensor.js';

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** Compressed files unfold; beyond this factor nothing but emptiness does. */
const UNFOLDS = 20;
const ALWAYS_ALLOWED = 64 * 2 ** 20;
/** Numbers that are read at once. */
const PIECE = 2 ** 22;

let opened = 0;
let silenced: ReturnType<typeof silence> | undefined;

/** The library writes a stack of its own to stderr for every fault of a file; our sentence says what it means. */
async function silence() {
  const module = await h5wasm.ready;
  const { FS } = module;
  // Part of Emscripten's file system that the package's types leave out.
  const { getStream } = FS as unknown as {
    getStream(descriptor: number): Parameters<typeof FS.close>[0] | null;
  };
  const stderr = getStream(2);
  if (stderr) FS.close(stderr);
  // Opens as descriptor 2, the lowest that is free.
  FS.open('/dev/null', 'w');
  return module;
}

function quiet(): ReturnType<typeof silence> {
  silenced ??= silence();
  return silenced;
}

/** Whether bytes begin as HDF5 files do. */
export function isHdf5(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, index) => bytes[index] === byte);
}

export class Hdf5File {
  readonly #file: h5wasm.File;
  readonly #path: string;
  readonly #unlink: (path: string) => void;
  #allowance: number;

  private constructor(file: h5wasm.File, path: string, size: number, unlink: (path: string) => void) {
    this.#file = file;
    this.#path = path;
    this.#unlink = unlink;
    this.#allowance = ALWAYS_ALLOWED + UNFOLDS * size;
  }

  /** @throws ConversionError when the bytes are no HDF5 file or a broken one */
  static async open(bytes: Uint8Array): Promise<Hdf5File> {
    if (!isHdf5(bytes)) throw new ConversionError('The file is not an HDF5 file.');
    const { FS } = await quiet();
    opened += 1;
    const path = `/model-${opened}.h5`;
    const unlink = (name: string) => FS.unlink(name);
    // The bytes themselves, not a copy: they are only read.
    FS.writeFile(path, bytes, { canOwn: true } as object);
    try {
      const file = new h5wasm.File(path, 'r');
      if (Number(file.file_id) < 0) throw new Error('no file');
      return new Hdf5File(file, path, bytes.length, unlink);
    } catch (error) {
      unlink(path);
      throw new ConversionError('The HDF5 file is damaged or was cut off.', { cause: error });
    }
  }

  close(): void {
    try {
      this.#file.close();
    } finally {
      this.#unlink(this.#path);
    }
  }

  #get(path: string) {
    return path === '' ? this.#file : this.#file.get(path);
  }

  /** Names in a group, none when it is not there. */
  keys(path: string): string[] {
    const found = this.#get(path);
    return found instanceof h5wasm.Group ? found.keys() : [];
  }

  has(path: string): boolean {
    return this.#get(path) !== null;
  }

  /** A text attribute; undefined when there is none. */
  text(path: string, name: string): string | undefined {
    const value = this.#attribute(path, name);
    if (typeof value === 'string') return value;
    if (value instanceof Uint8Array) return new TextDecoder().decode(value);
    return Array.isArray(value) && value.length === 1 && typeof value[0] === 'string' ? value[0] : undefined;
  }

  /**
   * A list of texts. Lists above 64,512 bytes are parted into `name0`, `name1` and so on.
   * @returns undefined when there is none
   */
  texts(path: string, name: string): string[] | undefined {
    const whole = this.#list(path, name);
    if (whole) return whole;
    const parts: string[] = [];
    for (let index = 0; ; index += 1) {
      const part = this.#list(path, `${name}${index}`);
      if (!part) return index === 0 ? undefined : parts;
      parts.push(...part);
    }
  }

  #list(path: string, name: string): string[] | undefined {
    const value = this.#attribute(path, name);
    if (value === undefined) return undefined;
    if (Array.isArray(value)) return value.map(String);
    // An empty list is stored as numbers.
    return ArrayBuffer.isView(value) || value === null ? [] : [String(value)];
  }

  #attribute(path: string, name: string): unknown {
    const found = this.#get(path);
    if (!found || !('attrs' in found)) return undefined;
    const attributes = found.attrs;
    return Object.hasOwn(attributes, name) ? attributes[name]?.value : undefined;
  }

  /**
   * The numbers of a data set, as float32.
   * @throws ConversionError when there is none, or it claims more than the file can hold
   */
  tensor(path: string): NumericTensor {
    const found = this.#get(path);
    if (!(found instanceof h5wasm.Dataset))
      throw new ConversionError(`The file holds no weight ${quote(path)}.`);
    const dims = (found.shape ?? []).map(Number);
    const size = sizeOf(dims) * Math.max(found.metadata.size, 4);
    this.#allowance -= size;
    if (!(this.#allowance >= 0))
      throw new ConversionError(
        `The weight ${quote(path)} claims a shape of [${dims}], more than the file holds.`,
      );
    return float32(valuesOf(found, dims, path), dims);
  }
}

/** Large data sets are read in pieces, since the memory of WASM never shrinks again. */
function valuesOf(found: h5wasm.Dataset, dims: readonly number[], path: string): Float32Array {
  const rows = dims[0] ?? 1;
  const perRow = sizeOf(dims.slice(1));
  const step = Math.max(1, Math.floor(PIECE / Math.max(perRow, 1)));
  if (rows <= step) return numbers(found.value, found.dtype, path);
  const values = new Float32Array(rows * perRow);
  for (let from = 0; from < rows; from += step) {
    const piece = found.slice([[from, Math.min(from + step, rows)]]);
    values.set(numbers(piece, found.dtype, path), from * perRow);
  }
  return values;
}

function numbers(value: unknown, type: unknown, path: string): Float32Array {
  if (value instanceof Float32Array) return value;
  if (typeof value === 'number' || typeof value === 'bigint') return Float32Array.of(Number(value));
  // Half precision comes as bytes.
  if (value instanceof Uint8Array && String(type).endsWith('e'))
    return float16ToFloat32(arrayFromBytes('uint16', value) as Uint16Array);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return Float32Array.from(value as unknown as ArrayLike<number | bigint>, Number);
  throw new ConversionError(`The weight ${quote(path)} holds no numbers.`);
}
