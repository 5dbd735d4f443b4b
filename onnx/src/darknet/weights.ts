/**
 * Darknet's .weights files: a header, then float32 numbers in the order of the layers.
 * Owns the place up to which the file was read. Source: AlexeyAB/darknet src/parser.c (load_weights_upto).
 */
import { ConversionError } from '../errors.js';
import { arrayFromBytes } from '../proto/tensor.js';

export class WeightsReader {
  readonly #bytes: Uint8Array;
  #at: number;
  /** True for files of old versions, which store dense layers by input. */
  readonly transposed: boolean;

  /** @throws ConversionError when the file is too short or its header is not one of darknet */
  constructor(bytes: Uint8Array) {
    if (bytes.length < 20)
      throw new ConversionError('The .weights file is too short: it ends inside its header.');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const major = view.getInt32(0, true);
    const minor = view.getInt32(4, true);
    if (major < 0 || minor < 0 || major > 10_000 || minor > 10_000)
      throw new ConversionError('The .weights file is not one of darknet: its version cannot be read.');
    this.transposed = major > 1000 || minor > 1000;
    // "seen", the number of training images, takes 8 bytes since version 0.2.
    this.#at = 12 + (major * 10 + minor >= 2 && !this.transposed ? 8 : 4);
    this.#bytes = bytes;
  }

  /** Numbers that are still to be read. */
  get left(): number {
    return Math.floor((this.#bytes.length - this.#at) / 4);
  }

  /** @throws ConversionError naming the layer when the file ends before */
  take(count: number, layer: string): Float32Array {
    if (!Number.isSafeInteger(count) || count > this.left)
      throw new ConversionError(
        `The .weights file ends in ${layer}, which needs ${count} numbers of which ${this.left} are left: ` +
          'it was cut off, or it does not belong to this .cfg.',
      );
    const end = this.#at + count * 4;
    const values = arrayFromBytes('float32', this.#bytes.subarray(this.#at, end)) as Float32Array;
    this.#at = end;
    return values;
  }
}
