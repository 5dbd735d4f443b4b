import { augmented, changesImages } from '@scry/worker/jobs/train/augment';

const NONE = { flip: false, crop: false, rotate: false, color: false, erase: false };
const ALL = { flip: true, crop: true, rotate: true, color: true, erase: true };
const SIZE = { width: 4, height: 2, channels: 1 };
const image = Uint8Array.of(10, 20, 30, 40, 50, 60, 70, 80);

it('half of the images are mirrored, and nothing else happens to them', () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < 100; seed += 1) {
    const key = augmented(image, SIZE, { ...NONE, flip: true }, seed).join();
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  expect([...seen.keys()].sort()).toEqual(['10,20,30,40,50,60,70,80', '40,30,20,10,80,70,60,50']);
  expect(seen.get('10,20,30,40,50,60,70,80')).toBeGreaterThan(30);
  expect(seen.get('40,30,20,10,80,70,60,50')).toBeGreaterThan(30);
});

it('the same seeds give the same image, others another, and the original stays', () => {
  const first = augmented(image, SIZE, ALL, 1, 2, 3);
  expect(augmented(image, SIZE, ALL, 1, 2, 3)).toEqual(first);
  expect(augmented(image, SIZE, ALL, 1, 2, 4)).not.toEqual(first);
  expect([...image]).toEqual([10, 20, 30, 40, 50, 60, 70, 80]);
});

it('a gray image stays as gray as it is when it is turned and cut', () => {
  const gray = new Uint8Array(64 * 3).fill(77);
  const size = { width: 8, height: 8, channels: 3 };
  for (let seed = 0; seed < 20; seed += 1)
    expect(new Set(augmented(gray, size, { ...NONE, crop: true, rotate: true }, seed))).toEqual(
      new Set([77]),
    );
});

it('what changes nothing is known beforehand', () => {
  expect([changesImages(NONE), changesImages({ ...NONE, erase: true })]).toEqual([false, true]);
});
