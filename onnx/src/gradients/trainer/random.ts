/** Random numbers that are the same everywhere for the same seed. Source: sfc32, Chris Doty-Humphrey, PractRand. */

const WARM_UP = 12;

/** @param seeds any numbers, such as a seed and the number of a step @returns draws of 32 bits */
export function randomBits(...seeds: readonly number[]): () => number {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  for (const seed of seeds) {
    a ^= seed | 0;
    b ^= Math.floor(seed / 2 ** 32) | 0;
    for (let round = 0; round < WARM_UP; round += 1) next();
  }
  return next;
}

/** Numbers from 0 to below 1. */
export function uniform(...seeds: readonly number[]): () => number {
  const bits = randomBits(...seeds);
  return () => bits() / 2 ** 32;
}

/** Numbers of the standard normal distribution. Source: Box and Muller, 1958. */
export function normal(...seeds: readonly number[]): () => number {
  const draw = uniform(...seeds);
  return () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
}

/** 0, 1, …, count − 1 in random order. Source: Fisher and Yates. */
export function shuffled(count: number, ...seeds: readonly number[]): number[] {
  const draw = uniform(...seeds);
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last -= 1) {
    const at = Math.floor(draw() * (last + 1));
    [order[last], order[at]] = [order[at] as number, order[last] as number];
  }
  return order;
}

/** A dropout's mask: 0 with the probability `rate`, else 1 / (1 − rate). */
export function dropoutMask(size: number, rate: number, ...seeds: readonly number[]): Float32Array {
  const bits = randomBits(...seeds);
  const limit = rate * 2 ** 32;
  const kept = rate < 1 ? 1 / (1 - rate) : 0;
  const mask = new Float32Array(size);
  for (let index = 0; index < size; index += 1) mask[index] = bits() < limit ? 0 : kept;
  return mask;
}
