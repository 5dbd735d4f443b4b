/**
 * How many images a CPU should take in one run. A device of its own has its batch from the manifest; a CPU gains
 * little from company, and more than its caches hold makes every image dearer: MobileNetV2 was measured to take 3.99 ms
 * an image in runs of 2, 4.05 in runs of 4 and 4.52 in runs of 8.
 */

/** From here on the fixed costs of a run, and of claiming and writing its results, are shared by enough. */
const ENOUGH = 4;
/** Doubling must make an image cheaper by this part. Less may be noise, and would cost the others more waiting than it saves. */
const WORTH_IT = 0.1;
/** Runs of each size, of which the shortest counts. */
const TRIES = 3;
/** A longer run only makes the others wait, milliseconds. */
const LONGEST_RUN_MS = 200;

/**
 * Chooses by trying: from a few images on it doubles for as long as that pays.
 * @param time runs a batch of that size and tells how long it took, milliseconds
 * @param max images at the most
 */
export async function chooseBatchSize(time: (size: number) => Promise<number>, max: number): Promise<number> {
  if (max === 1 || (await time(1)) > LONGEST_RUN_MS) return 1;
  const measure = async (size: number) => {
    let shortest = await time(size);
    for (let again = 1; again < TRIES; again++) shortest = Math.min(shortest, await time(size));
    return shortest / size;
  };
  let size = ENOUGH;
  let each = await measure(1);
  while (size > 1 && size * each > LONGEST_RUN_MS) size /= 2;
  size = Math.min(size, max);
  if (size > 1) each = await measure(size);
  while (size < max) {
    const doubled = Math.min(2 * size, max);
    if (doubled * each > LONGEST_RUN_MS) break;
    const eachDoubled = await measure(doubled);
    if (eachDoubled > each * (1 - WORTH_IT)) break;
    size = doubled;
    each = eachDoubled;
  }
  return size;
}
