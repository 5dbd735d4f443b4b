import { createHash } from 'node:crypto';
import type { CorpusCase } from '../../corpus/case.js';
import { makeCorpus, makeHarmlessCorpus, sample } from '../../corpus/corpus.js';
import { drawScene, storeTurned } from '../../corpus/scene.js';

function fingerprint(corpus: readonly CorpusCase[]): string {
  const hash = createHash('sha256');
  for (const { name, bytes } of corpus) hash.update(name).update(bytes);
  return hash.digest('hex');
}

describe('the hostile-image corpus', () => {
  let corpus: CorpusCase[];

  beforeAll(async () => {
    corpus = await makeCorpus();
  }, 120_000);

  it('holds at least two thousand cases', () => {
    expect(corpus.length).toBeGreaterThanOrEqual(2000);
  });

  it('names every case once', () => {
    expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length);
  });

  it('is the same when it is made again', async () => {
    const again = await makeHarmlessCorpus();
    expect(fingerprint(again)).toBe(fingerprint(corpus.slice(0, again.length)));
  });

  it('keeps bombs small enough to be sent', () => {
    expect(Math.max(...corpus.map(({ bytes }) => bytes.length))).toBeLessThan(16 * 1024 * 1024);
  });

  it('samples every variant and some of each other family', () => {
    const families = (cases: readonly CorpusCase[]) => new Set(cases.map(({ name }) => name.split('/')[0]));
    const short = sample(corpus, 10);
    expect(families(short)).toEqual(families(corpus));
    expect(short.length).toBeLessThan(corpus.length / 4);
  });
});

describe('storing the scene turned', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('keeps every pixel for orientation %i', (orientation) => {
    const scene = drawScene();
    const stored = storeTurned(scene, orientation);
    expect(Buffer.from(stored.data).sort()).toEqual(Buffer.from(scene.data).sort());
    expect([stored.width, stored.height].sort()).toEqual([scene.width, scene.height].sort());
  });
});
