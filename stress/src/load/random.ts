/** Random numbers that are the same on every machine, so that models and arrivals can be repeated. */

/**
 * Uniform numbers from 0 up to 1 from a seed. Source: Marsaglia, "Xorshift RNGs" (2003), the 32-bit triple 13, 17, 5.
 * @param seed any whole number but 0
 */
export function seededUniform(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4_294_967_296;
  };
}
