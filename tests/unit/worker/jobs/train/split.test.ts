import { splitItems } from '@scry/worker/jobs/train/split';

const items = (name: string, count: number, split: 'train' | 'validation' | 'test' | null = null) =>
  Array.from({ length: count }, (_, index) => ({
    sha256: `${name}${String(index).padStart(3, '0')}`,
    class: name,
    split,
  }));

const hashes = (part: readonly { sha256: string }[]) => part.map(({ sha256 }) => sha256);

it('each class gives its share to the validation', () => {
  const { train, validation } = splitItems([...items('a', 50), ...items('b', 10)], 0.2, 1);
  const of = (name: string) => validation.filter((item) => item.class === name).length;
  expect([of('a'), of('b'), train.length]).toEqual([10, 2, 48]);
});

it('a class of two images has one in each part', () => {
  const { train, validation } = splitItems(items('a', 2), 0.05, 1);
  expect([train.length, validation.length]).toEqual([1, 1]);
});

it('splits that were given are kept, and tests take no part', () => {
  const given = [...items('a', 3, 'validation'), ...items('b', 4, 'train'), ...items('c', 5, 'test')];
  const { train, validation } = splitItems(given, 0.2, 1);
  expect([train.length, validation.length]).toEqual([4, 3]);
});

it('the order of the images does not change which are chosen, and the seed does', () => {
  const all = [...items('a', 40), ...items('b', 40)];
  const first = splitItems(all, 0.25, 7);
  expect(hashes(splitItems([...all].reverse(), 0.25, 7).validation)).toEqual(hashes(first.validation));
  expect(hashes(splitItems(all, 0.25, 8).validation)).not.toEqual(hashes(first.validation));
});
