import { tmpdir } from 'node:os';
import { childEnvironment } from '@scry/shared/runtime/child-environment';

test('a child learns where libraries lie and how memory is taken, and no settings', () => {
  const env = {
    DATABASE_URL: 'postgres://scry:secret@db/scry',
    QUEUE_URL: 'redis://:secret@redis',
    WEBHOOK_SECRET: 'whsec_secret',
    AWS_SECRET_ACCESS_KEY: 'secret',
    NODE_OPTIONS: '--inspect',
    LD_LIBRARY_PATH: '/usr/local/cuda/lib64',
    CUDA_VISIBLE_DEVICES: '1',
    MALLOC_ARENA_MAX: '2',
    UV_THREADPOOL_SIZE: '4',
  };
  expect(childEnvironment(env)).toEqual({
    TMPDIR: tmpdir(),
    LD_LIBRARY_PATH: '/usr/local/cuda/lib64',
    CUDA_VISIBLE_DEVICES: '1',
    MALLOC_ARENA_MAX: '2',
    UV_THREADPOOL_SIZE: '4',
  });
});
