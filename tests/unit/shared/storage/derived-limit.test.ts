import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DerivedLimit } from '@scry/shared/storage/derived-limit';
import { LocalBlobs } from '@scry/shared/storage/local-blobs';

const KIB = 1024;
const sha = (shard: string, number: number) => `${shard}${String(number).padStart(62, '0')}`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'scry-derived-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Writes a file as the storage does, so many minutes ago. */
async function write(sha256: string, name: string, bytes: number, minutesAgo: number): Promise<void> {
  const target = path.join(folder, 'derived', sha256.slice(0, 2), sha256);
  await mkdir(target, { recursive: true });
  await writeFile(path.join(target, name), Buffer.alloc(bytes));
  const at = new Date(Date.now() - minutesAgo * 60_000);
  await utimes(path.join(target, name), at, at);
}

async function files(shard: string): Promise<string[]> {
  const root = path.join(folder, 'derived', shard);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
}

it('removes the oldest files of a shard when they are too many, and no others', async () => {
  const limit = new DerivedLimit(new LocalBlobs(folder), 256 * 100 * KIB);
  await write(sha('cd', 1), 'other.jpg', 90 * KIB, 1000);
  for (let number = 0; number < 30; number++) {
    const name = `crop-${String(number).padStart(2, '0')}.jpg`;
    await write(sha('ab', number % 3), name, 10 * KIB, 100 - number);
    await limit.wrote(sha('ab', number % 3), 10 * KIB);
  }
  const left = await files('ab');
  expect(left.length).toBeLessThanOrEqual(10);
  expect(left.length).toBeGreaterThanOrEqual(7);
  expect(left.at(-1)).toBe('crop-29.jpg');
  expect(left[0]).toBe(`crop-${30 - left.length}.jpg`);
  expect(await files('cd')).toEqual(['other.jpg']);
});

it('counts what lay there before', async () => {
  for (let number = 0; number < 20; number++) await write(sha('ab', number), 'a.jpg', 10 * KIB, 5);
  await write(sha('ab', 20), 'new.jpg', KIB, 0);
  await new DerivedLimit(new LocalBlobs(folder), 256 * 100 * KIB).wrote(sha('ab', 20), KIB);
  expect(await files('ab')).toHaveLength(8);
  expect(await files('ab')).toContain('new.jpg');
  expect(await readdir(path.join(folder, 'derived', 'ab'))).toHaveLength(8); // no empty folders stay
});

it('removes files of a certain age, and nothing where there is nothing', async () => {
  const limit = new DerivedLimit(new LocalBlobs(folder), 256 * KIB);
  await write(sha('ab', 1), 'old.jpg', KIB, 61);
  await write(sha('ab', 1), 'new.jpg', KIB, 59);
  expect(await limit.removeOld('ab', 60 * 60_000)).toBe(1);
  expect(await files('ab')).toEqual(['new.jpg']);
  expect(await limit.removeOld('00', 0)).toBe(0);
});
