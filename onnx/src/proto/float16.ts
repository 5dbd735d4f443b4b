/** Half precision numbers (IEEE 754 binary16) as their 16 bits. */
const scratch = new DataView(new ArrayBuffer(4));

export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Rounds to the nearest half precision number, ties to even. */
export function numberToFloat16(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  if (Number.isNaN(value)) return 0x7e00;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundToEven(magnitude * 2 ** 24);
  const exponent = Math.floor(Math.log2(magnitude));
  // log2 may round up just below a power of two.
  const power = magnitude < 2 ** exponent ? exponent - 1 : exponent;
  return sign | (((power + 15) << 10) + roundToEven((magnitude / 2 ** power - 1) * 1024));
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/** Every half precision number by its bits: models have millions. */
let table: Float32Array | undefined;

export function float16ToFloat32(bits: Uint16Array): Float32Array {
  table ??= Float32Array.from({ length: 65_536 }, (_, index) => float16ToNumber(index));
  const values = new Float32Array(bits.length);
  for (let at = 0; at < values.length; at++) values[at] = table[bits[at] as number] as number;
  return values;
}

export function float32ToFloat16(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, numberToFloat16);
}
