import { Memo } from '@scry/shared/runtime/memo';

/** A memo of numbers that count the askings; each settles when the test says so. */
function counted(freshMs: number, joinMs?: number) {
  const askings: { resolve: (value: number) => void; reject: (error: Error) => void }[] = [];
  const befores: (Promise<number> | null)[] = [];
  const clock = { now: 0 };
  const ask = (before: Promise<number> | null) => {
    befores.push(before);
    return new Promise<number>((resolve, reject) => askings.push({ resolve, reject }));
  };
  const options = { ask, freshMs, ...(joinMs !== undefined && { joinMs }), now: () => clock.now };
  return { askings, befores, clock, memo: new Memo(options) };
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

test('an answer that is old is asked for again, by someone who sees the asking before', async () => {
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

test('nobody joins an answer, but those who ask meanwhile, where it is only shared on its way', async () => {
  const { memo, askings, clock } = counted(0, 1000);
  const both = Promise.all([memo.get(), memo.get()]);
  clock.now = 999;
  const third = memo.get();
  askings[0]?.resolve(1);
  expect([await both, await third]).toEqual([[1, 1], 1]);
  const next = memo.get();
  askings[1]?.resolve(2);
  expect(await next).toBe(2);
});

test('what was known last is told at once, and asked for again beside that, once', async () => {
  const { memo, askings, clock } = counted(100);
  const first = memo.recent();
  askings[0]?.resolve(1);
  expect(await first).toBe(1);
  clock.now = 150;
  expect([await memo.recent(), await memo.recent(), askings.length]).toEqual([1, 1, 2]);
  clock.now = 1000; // the asking goes on: nobody asks a second time
  expect([await memo.recent(), askings.length]).toEqual([1, 2]);
  askings[1]?.resolve(2);
  await new Promise(setImmediate);
  clock.now = 200;
  expect([await memo.recent(), askings.length]).toEqual([2, 2]);
});

test('what was known last outlives failures, for as long as it is believed', async () => {
  const { memo, askings, clock } = counted(100);
  const first = memo.recent(500);
  askings[0]?.resolve(1);
  await first;
  for (const now of [100, 250, 400]) {
    clock.now = now;
    expect(await memo.recent(500)).toBe(1);
    askings.at(-1)?.reject(new Error('no database'));
    await new Promise(setImmediate);
  }
  expect(askings).toHaveLength(4);
  clock.now = 500;
  const waited = memo.recent(500);
  askings.at(-1)?.reject(new Error('still no database'));
  await expect(waited).rejects.toThrow('still no database');
});
