import { type InMemory, idleVersions, makeRoom } from '@scry/worker/models/eviction';

const loaded = (key: string, parts: Partial<InMemory> = {}): InMemory => ({
  key,
  bytes: 10,
  usedAt: 0,
  running: 0,
  labelled: false,
  pinned: false,
  ...parts,
});

it('only what has no label, is not pinned, does not run and was not used for long is idle', () => {
  const versions = [
    loaded('idle@1'),
    loaded('used@1', { usedAt: 900 }),
    loaded('stable@1', { labelled: true }),
    loaded('pinned@1', { pinned: true }),
    loaded('busy@1', { running: 1 }),
  ];
  expect(idleVersions(versions, 1001, 1000)).toEqual(['idle@1']);
  expect(idleVersions(versions, 1000, 1000)).toEqual([]);
});

it('without a limit nothing makes room', () => {
  expect(makeRoom([loaded('a@1', { bytes: 1e12 })], 1e12, 0, true)).toEqual([]);
});

it('the version used longest ago goes first, and no more than needed', () => {
  const versions = [
    loaded('new@1', { usedAt: 3 }),
    loaded('old@1', { usedAt: 1 }),
    loaded('mid@1', { usedAt: 2 }),
  ];
  expect(makeRoom(versions, 10, 40, true)).toEqual([]);
  expect(makeRoom(versions, 10, 30, true)).toEqual(['old@1']);
  expect(makeRoom(versions, 15, 30, true)).toEqual(['old@1', 'mid@1']);
});

it('pinned and busy versions stay, whatever asks for room', () => {
  const versions = [loaded('pinned@1', { pinned: true }), loaded('busy@1', { running: 1 }), loaded('free@1')];
  expect(makeRoom(versions, 100, 30, true)).toEqual(['free@1']);
});

it('labelled versions make room for a prediction that waits, and not for what is loaded ahead', () => {
  const versions = [loaded('stable@1', { labelled: true }), loaded('other@1', { usedAt: 1 })];
  expect(makeRoom(versions, 10, 20, true)).toEqual(['stable@1']);
  expect(makeRoom(versions, 10, 20, false)).toEqual(['other@1']);
  expect(makeRoom(versions, 20, 20, false)).toBeNull();
});
