import { chooseBatchSize } from '@scry/worker/inference/batch-size';

/** Measures nothing: a batch of n takes what `ms` says. Notes the sizes that were tried. */
function timed(ms: (size: number) => number) {
  const tried = new Set<number>();
  const time = async (size: number) => {
    tried.add(size);
    return ms(size);
  };
  return { time, tried };
}

describe('the batch size on a CPU', () => {
  it('stays at a few images where company brings nothing', async () => {
    const { time, tried } = timed((size) => 4 * size);
    expect(await chooseBatchSize(time, 32)).toBe(4);
    expect(Math.max(...tried)).toBe(8);
  });

  it('doubles for as long as each image becomes cheaper', async () => {
    // 0.35 ms each in runs of 4, 0.225 of 8, 0.1625 of 16, 0.131 of 32, 0.116 of 64, 0.108 of 128
    const { time } = timed((size) => 1 + 0.1 * size);
    expect(await chooseBatchSize(time, 256)).toBe(64);
    expect(await chooseBatchSize(time, 24)).toBe(24);
  });

  it('ends where large batches become dear', async () => {
    const each: Readonly<Record<number, number>> = { 1: 5, 4: 4, 8: 3, 16: 3.5 };
    expect(await chooseBatchSize(timed((size) => size * (each[size] ?? 9)).time, 32)).toBe(8);
  });

  it('makes nobody wait long for a slow model', async () => {
    expect(await chooseBatchSize(timed((size) => 60 * size).time, 16)).toBe(2);
    const { time, tried } = timed((size) => 500 + size);
    expect(await chooseBatchSize(time, 16)).toBe(1);
    expect([...tried]).toEqual([1]);
  });

  it('never passes what the manifest allows', async () => {
    const { time, tried } = timed((size) => 10 + size);
    expect(await chooseBatchSize(time, 3)).toBe(3);
    expect(Math.max(...tried)).toBe(3);
    expect(await chooseBatchSize(time, 1)).toBe(1);
  });

  it('takes the best of several times, so that one slow run does not decide', async () => {
    let runs = 0;
    const { time } = timed((size) => (++runs % 3 === 1 && runs > 1 ? 150 : 4 * size));
    expect(await chooseBatchSize(time, 16)).toBe(4);
  });
});
