import { JobLimit } from '@scry/worker/models/job-limit';

it('the bound follows the version that takes most, however many there are', () => {
  const limit = new JobLimit();
  expect(limit.places.free).toBe(32);
  for (let version = 0; version < 50; version++) limit.add(24);
  expect(limit.places.free).toBe(96);
  limit.add(12);
  expect(limit.places.free).toBe(96);
});

it('a bound that was set holds', () => {
  const limit = new JobLimit(5);
  limit.add(24);
  expect(limit.places.free).toBe(5);
});
