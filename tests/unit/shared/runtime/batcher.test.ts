import { Batcher, planBatch } from '@scry/shared/runtime/batcher';

const limits = { max: 4, delayMs: 10, parallel: 1 };

describe('planBatch', () => {
  const now = { waiting: 1, running: 0, oldestMs: 0, moreExpected: true };

  it.each([
    ['does nothing when nothing waits', { ...now, waiting: 0 }, 'idle'],
    ['does nothing when every place is taken', { ...now, waiting: 4, running: 1 }, 'idle'],
    ['runs a full batch at once', { ...now, waiting: 5 }, { run: 4 }],
    ['waits for company up to the delay since the first', { ...now, oldestMs: 3 }, { waitMs: 7 }],
    ['runs what is there when the delay is over', { ...now, waiting: 2, oldestMs: 10 }, { run: 2 }],
    ['never waits when nothing else is on its way', { ...now, moreExpected: false }, { run: 1 }],
  ])('%s', (_name, situation, plan) => {
    expect(planBatch(limits, situation)).toEqual(plan);
  });
});

describe('Batcher', () => {
  it('gives each item its own answer, in batches of at most max', async () => {
    const sizes: number[] = [];
    const batcher = new Batcher<number, number>({
      ...limits,
      run: async (items) => {
        sizes.push(items.length);
        return items.map((item) => item * 10);
      },
    });
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => batcher.add(index)));
    expect(answers).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
    expect(sizes).toEqual([4, 4, 2]);
  });

  it('sends items that come in one turn of the event loop together, and without delay', async () => {
    const sizes: number[] = [];
    const run = async (items: number[]) => {
      sizes.push(items.length);
      return items;
    };
    const batcher = new Batcher<number, number>({ max: 80, delayMs: 0, parallel: 2, run });
    await Promise.all([1, 2, 3].map(async (item) => batcher.add(item)));
    expect(sizes).toEqual([3]);
  });

  it('rejects every item of a batch that throws, and goes on with the next', async () => {
    let calls = 0;
    const batcher = new Batcher<number, number>({
      ...limits,
      max: 2,
      run: async (items) => {
        if (calls++ === 0) throw new Error('the first batch fails');
        return items;
      },
    });
    const results = await Promise.allSettled([1, 2, 3].map((item) => batcher.add(item)));
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  });

  const withPoison = (failsAlone?: (error: unknown) => boolean) => {
    const sizes: number[] = [];
    const run = async (items: number[]) => {
      sizes.push(items.length);
      if (items.includes(3)) throw new Error('3 is refused');
      return items;
    };
    const batcher = new Batcher<number, number>({ ...limits, run, ...(failsAlone && { failsAlone }) });
    return { batcher, sizes };
  };

  it('fails one bad item alone when the fault lies in the item', async () => {
    const { batcher, sizes } = withPoison(() => true);
    const results = await Promise.allSettled([1, 2, 3, 4].map((item) => batcher.add(item)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(sizes).toEqual([4, 1, 1, 1, 1]);
  });

  it('does not try every item of a batch by itself when the fault is one that passes', async () => {
    const { batcher, sizes } = withPoison(() => false);
    const results = await Promise.allSettled([1, 2, 3, 4].map((item) => batcher.add(item)));
    expect(results.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
    expect(sizes).toEqual([4]);
  });

  it('runs what waits before it closes, and refuses what comes later', async () => {
    const batcher = new Batcher<number, number>({ ...limits, delayMs: 60_000, run: async (items) => items });
    const answer = batcher.add(7);
    await batcher.close();
    await expect(answer).resolves.toBe(7);
    await expect(batcher.add(8)).rejects.toThrow('closed');
  });
});
