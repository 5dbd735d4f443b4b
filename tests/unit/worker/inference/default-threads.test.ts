import { defaultThreads } from '@scry/worker/inference/default-threads';

test.each([
  ['auto', true, 1],
  ['cuda', true, 1],
  ['cpu', true, 16],
  ['webgpu', true, 16],
  ['auto', false, 16],
] as const)('DEVICE=%s with CUDA %s and 16 CPUs infers on %d threads', (device, hasCuda, threads) => {
  expect(defaultThreads(device, { hasCuda: () => hasCuda, cpus: 16 })).toBe(threads);
});

test('whether there is CUDA can be told on any machine', () => {
  expect([1, 3]).toContain(defaultThreads('auto', { cpus: 3 }));
});
