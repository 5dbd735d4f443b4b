import { mkdtemp, readdir, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LocalBlobs } from '@scry/shared/storage/local-blobs';
import { blobsSuite } from '../../../helpers/blobs-suite.js';
import { MemoryBlobs } from '../../../helpers/memory-blobs.js';

const folders: string[] = [];

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'scry-blobs-'));
  folders.push(folder);
  return folder;
}

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

blobsSuite('in memory', async () => ({ blobs: new MemoryBlobs(), leftovers: async () => [] }));

blobsSuite('on a disk', async () => {
  const folder = await makeFolder();
  return {
    blobs: new LocalBlobs(path.join(folder, 'blobs')),
    leftovers: () => readdir(path.join(folder, 'blobs/incoming')),
  };
});

describe('blobs on a disk', () => {
  async function* one(): AsyncIterable<Uint8Array> {
    yield Buffer.from('secret');
  }

  it('can be read by nobody but their owner', async () => {
    const root = path.join(await makeFolder(), 'blobs');
    await (await new LocalBlobs(root).receive(one(), 100)).keep('models/a');
    const modes = await Promise.all(['', 'models', 'models/a'].map((name) => stat(path.join(root, name))));
    expect(modes.map(({ mode }) => (mode & 0o777).toString(8))).toEqual(['700', '700', '600']);
  });

  it('say how much room is left', async () => {
    expect(await new LocalBlobs(path.join(await makeFolder(), 'blobs')).free()).toBeGreaterThan(0);
  });

  it('are tidied of what was being received when a process died', async () => {
    const root = path.join(await makeFolder(), 'blobs');
    const blobs = new LocalBlobs(root);
    await blobs.receive(one(), 100);
    const abandoned = path.join(root, 'incoming', (await readdir(path.join(root, 'incoming')))[0] as string);
    const hourAgo = new Date(Date.now() - 3_600_000);
    await utimes(abandoned, hourAgo, hourAgo);
    const fresh = await blobs.receive(one(), 100);
    expect(await blobs.recover(60_000, 60_000)).toBe(1);
    await fresh.keep('models/fresh');
    expect((await blobs.read('models/fresh')).toString()).toBe('secret');
  });

  it('keep nothing under the folder of what has no key yet', async () => {
    const blobs = new LocalBlobs(path.join(await makeFolder(), 'blobs'), 'uploads/tmp');
    await expect(blobs.read('uploads/tmp/a')).rejects.toThrow('cannot be the key of a blob');
    await blobs.receive(one(), 100);
    const keys: string[] = [];
    for await (const { key } of blobs.list('uploads')) keys.push(key);
    expect(keys).toEqual([]);
  });

  it('leave no empty folders of many levels behind', async () => {
    const root = path.join(await makeFolder(), 'blobs');
    const blobs = new LocalBlobs(root);
    await blobs.cache('derived/ab/image/a', Buffer.from('a'));
    await blobs.delete('derived/ab/image/a');
    expect(await readdir(path.join(root, 'derived/ab'))).toEqual([]);
  });
});
