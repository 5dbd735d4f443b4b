/**
 * The hostile-image corpus: more than two thousand uploads, the same in every run, each with the end that it
 * must come to. Made in memory from one drawn scene; nothing is read from disk or fetched.
 */
import { bombs } from './bombs.js';
import type { CorpusCase } from './case.js';
import { damaged } from './damaged.js';
import { lying } from './lying.js';
import { metadataBombs } from './metadata-bombs.js';
import { strangers } from './strangers.js';
import { variants } from './variants.js';

/** Makes every case but the bombs, which take longest. */
export async function makeHarmlessCorpus(): Promise<CorpusCase[]> {
  return [...(await variants()), ...(await strangers()), ...(await lying()), ...(await damaged())];
}

/** Makes every case. About 300 MB of buffers, some seconds. */
export async function makeCorpus(): Promise<CorpusCase[]> {
  return [...(await makeHarmlessCorpus()), ...(await bombs()), ...(await metadataBombs())];
}

/** Every variant and every `step`-th other case: enough of each family for a short run. */
export function sample(corpus: readonly CorpusCase[], step: number): CorpusCase[] {
  return corpus.filter(
    ({ name }, index) => /^(variant|orientation|animated)\//.test(name) || index % step === 0,
  );
}
