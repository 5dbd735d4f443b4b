import { Memo } from '@scry/shared/runtime/memo';

/** A memo of numbers that count the askings; each settles when the test says so. */
function counted(freshMs: number) {
  const askings: { resolve: (value: number) => void; reject: (error: Error) => void }[] = [];
  const befores: (Promise<number> | null)[] = [];
  const clock = { now: 0 };
  const ask = (before: Promise<number> | null) => {
    befores.push(before);
    return new Promise<number>((resolve, reject) => askings.push({ resolve, reject }));
  };
  return { askings, befores, clock, memo: new Memo({ ask, freshMs, now: () => clock.now }) };
}

test('those who ask at the same time, or a moment later, share one answer', async () => {
  const { memo, askings, clock } = counted(100);
  const both = Promise.all([memo.get(), memo.get()]);
  askings[0]?.resolve(7);
  expect(await both).toEqual([7, 7]);
  clock.now = 99;
  expect(await memo.get()).toBe(7);
  expect(askings).toHaveLength(1);
});

test('an answer that is old is asked for anew, by someone who sees the asking before', async () => {
  const { memo, askings, befores, clock } = counted(100);
  const first = memo.get();
  clock.now = 100;
  const second = memo.get();
  expect(befores).toEqual([null, first]);
  askings[1]?.resolve(2);
  askings[0]?.resolve(1);
  expect([await first, await second, await memo.get()]).toEqual([1, 2, 2]);
});

test('a failure is told to those who asked, and not kept', async () => {
  const { memo, askings } = counted(100);
  const failing = memo.get();
  askings[0]?.reject(new Error('no database'));
  await expect(failing).rejects.toThrow('no database');
  const again = memo.get();
  askings[1]?.resolve(2);
  expect(await again).toBe(2);
});

test('a late failure of an old asking leaves the newer answer alone', async () => {
  const { memo, askings, clock } = counted(100);
  const old = memo.get();
  clock.now = 100;
  const newer = memo.get();
  askings[1]?.resolve(2);
  askings[0]?.reject(new Error('too late'));
  await expect(old).rejects.toThrow('too late');
  expect([await newer, await memo.get(), askings.length]).toEqual([2, 2, 2]);
});
