import { SharedPlaces } from '@scry/shared/queue/shared-places';

const taken = (places: SharedPlaces, count: number) => {
  for (let index = 0; index < count; index++) places.take();
};

test.each([
  [
    'all that is wanted where there is room',
    10,
    0,
    [
      [0, 3],
      [2, 4],
    ],
    [3, 4],
  ],
  [
    'equal parts where there is not',
    4,
    0,
    [
      [0, 9],
      [0, 9],
    ],
    [2, 2],
  ],
  [
    'more to those that have less',
    10,
    6,
    [
      [5, 9],
      [1, 9],
    ],
    [0, 4],
  ],
  [
    'what one leaves to the others',
    6,
    0,
    [
      [0, 1],
      [0, 9],
    ],
    [1, 5],
  ],
  [
    'one place to each that has none, though all are taken',
    4,
    8,
    [
      [0, 5],
      [8, 5],
      [0, 5],
    ],
    [1, 0, 1],
  ],
  [
    'nothing to those that want nothing',
    4,
    4,
    [
      [0, 0],
      [4, 2],
    ],
    [0, 0],
  ],
] as const)('%s', (_, most, running, claims, given) => {
  const places = new SharedPlaces(() => most);
  taken(places, running);
  expect(places.share(claims.map(([has, wanted]) => ({ running: has, wanted })))).toEqual(given);
});

test('a queue without a job is always let in, others while there is room', () => {
  const places = new SharedPlaces(() => 2);
  expect([places.admits(0), places.admits(1)]).toEqual([true, true]);
  taken(places, 2);
  expect([places.admits(0), places.admits(1)]).toEqual([true, false]);
  places.give();
  expect([places.free, places.admits(1)]).toEqual([1, true]);
});
