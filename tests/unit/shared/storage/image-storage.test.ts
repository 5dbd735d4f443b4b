import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BlobMissing } from '@scry/shared/storage/blobs';
import { openFiled, openImages, prepareImages } from '@scry/shared/storage/data-folder';
import { StorageFull } from '@scry/shared/storage/free-space';
import { type ImageStorage, ImageTooLarge } from '@scry/shared/storage/image-storage';
import { derivedFile, imageFile } from '../../../helpers/stored.js';

let folder: string;
let storage: ImageStorage;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'scry-storage-'));
  await prepareImages(folder);
  storage = openImages(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const temporary = () => readdir(path.join(folder, 'uploads', 'tmp'));

/** Bytes in pieces, as they come from a socket; breaks off with an error where one is given. */
async function* pieces(bytes: Buffer, size: number, error?: Error) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  if (error) throw error;
}

const KIB = 1024;

test.each([
  ['nothing', 0],
  ['one byte', 1],
  ['a usual image', 90 * KIB],
  ['as much as is held in memory', 512 * KIB],
  ['a large image', 3000 * KIB + 7],
])('%s is kept whole under its hash, and only after it was asked to be', async (_what, length) => {
  const bytes = randomBytes(length);
  const pending = await storage.receive(pieces(bytes, 64 * KIB), 4000 * KIB);
  expect(pending).toMatchObject({ sha256: hash(bytes), bytes: length });
  expect(pending.head.equals(bytes.subarray(0, pending.head.length))).toBe(true);
  expect(pending.head.length).toBeGreaterThanOrEqual(Math.min(length, 32 * KIB));
  expect(await storage.has(pending.sha256)).toBe(false);
  await pending.keep();
  await pending.discard();
  expect((await readFile(imageFile(folder, pending.sha256))).equals(bytes)).toBe(true);
  expect(await temporary()).toEqual([]);
});

test('a header that comes in small pieces is put together', async () => {
  const bytes = randomBytes(40 * KIB);
  const pending = await storage.receive(pieces(bytes, 100), 4000 * KIB);
  expect(pending.head.equals(bytes.subarray(0, 32 * KIB))).toBe(true);
  await pending.discard();
  expect(await temporary()).toEqual([]);
});

test.each([10 * KIB, 2000 * KIB])(
  '%d bytes that are too many, or break off, leave nothing',
  async (length) => {
    const bytes = randomBytes(length);
    await expect(storage.receive(pieces(bytes, KIB), length - 1)).rejects.toThrow(ImageTooLarge);
    const broken = storage.receive(pieces(bytes, KIB, new Error('gone')), 4000 * KIB);
    await expect(broken).rejects.toThrow('gone');
    expect(await temporary()).toEqual([]);
  },
);

test('folders that somebody removed while it runs are made again', async () => {
  const keep = async (bytes: Buffer) => {
    const pending = await storage.receive(pieces(bytes, 64 * KIB), 4000 * KIB);
    await pending.keep();
    return pending.sha256;
  };
  const first = await keep(randomBytes(KIB));
  await rm(path.join(folder, 'uploads'), { recursive: true });
  await storage.check();
  const bytes = Buffer.from(`${first}`);
  expect(await storage.has(await keep(bytes))).toBe(true);
  await rm(path.dirname(imageFile(folder, hash(bytes))), { recursive: true });
  expect(await storage.has(await keep(bytes))).toBe(true);
  await rm(path.join(folder, 'uploads', 'tmp'), { recursive: true });
  expect(await storage.has(await keep(randomBytes(600 * KIB)))).toBe(true);
  await openFiled(folder, storage).add(hash(bytes), 'model', 'cat', 'first');
  await rm(path.join(folder, 'results'), { recursive: true });
  await openFiled(folder, storage).add(hash(bytes), 'model', 'cat', 'second');
  expect(await readdir(path.join(folder, 'results', 'model', 'cat'))).toEqual(['second']);
});

test('many uploads at once are held in memory only so far', async () => {
  let leave = () => {};
  const gone = new Promise<void>((resolve) => {
    leave = resolve;
  });
  async function* stalling() {
    yield Buffer.alloc(500 * KIB); // less than what one upload alone may hold
    await gone;
    throw new Error('gone');
  }
  const uploads = Array.from({ length: 200 }, () => storage.receive(stalling(), 4000 * KIB));
  const held = () => temporary().then((files) => (uploads.length - files.length) * 500 * KIB);
  while ((await held()) > 64 * KIB * KIB) await new Promise(setImmediate);
  leave();
  const ends = await Promise.allSettled(uploads);
  expect(ends.every(({ status }) => status === 'rejected')).toBe(true);
  expect(await temporary()).toEqual([]);
});

test('an image that is in use, or becomes so meanwhile, is not removed', async () => {
  const bytes = randomBytes(KIB);
  const pending = await storage.receive(pieces(bytes, KIB), 4000 * KIB);
  await pending.keep();
  const { sha256 } = pending;
  expect(await storage.removeUnlessUsed(sha256, async () => true)).toBe(false);
  const answers = [false, true];
  expect(await storage.removeUnlessUsed(sha256, async () => answers.shift() ?? false)).toBe(false);
  expect(await storage.has(sha256)).toBe(true);
  await storage.derived.write(sha256, 'thumb.webp', bytes);
  expect(await storage.removeUnlessUsed(sha256, async () => false)).toBe(true);
  expect(await storage.has(sha256)).toBe(false);
  await expect(readFile(derivedFile(folder, sha256, 'thumb.webp'))).rejects.toThrow('ENOENT');
  expect(await storage.removeUnlessUsed(sha256, async () => false)).toBe(false);
  expect(await temporary()).toEqual([]);
});

const modeOf = async (...names: string[]) => (await stat(path.join(folder, ...names))).mode & 0o777;

test('nobody but the user that Scry runs as can read what is stored', async () => {
  const pending = await storage.receive(pieces(randomBytes(KIB), KIB), 4000 * KIB);
  await pending.keep();
  const { sha256 } = pending;
  await openFiled(folder, storage).add(sha256, 'model', 'cat', 'one');
  await storage.derived.write(sha256, 'thumb.webp', randomBytes(KIB));
  const shard = sha256.slice(0, 2);
  for (const name of ['uploads', 'uploads/tmp', `uploads/${shard}`, 'results', 'results/model', 'derived'])
    expect([name, await modeOf(name)]).toEqual([name, 0o700]);
  for (const name of [`uploads/${shard}/${sha256}`, 'results/model/cat/one'])
    expect([name, await modeOf(name)]).toEqual([name, 0o600]);
  expect((await stat(derivedFile(folder, sha256, 'thumb.webp'))).mode & 0o777).toBe(0o600);
});

test('folders that an earlier version left open are closed to others', async () => {
  for (const name of ['uploads', 'results']) await chmod(path.join(folder, name), 0o755);
  await prepareImages(folder);
  expect([await modeOf('uploads'), await modeOf('results')]).toEqual([0o700, 0o700]);
});

test('below the reserve nothing is taken, and the space that is free can be asked', async () => {
  const reserveBytes = 2 ** 52;
  const full = openImages(folder, { reserveBytes });
  await expect(full.receive(pieces(randomBytes(KIB), KIB), 4000 * KIB)).rejects.toThrow(StorageFull);
  await expect(full.check()).rejects.toThrow(/less than the reserve of \d+ MiB \(DISK_RESERVE_BYTES\)/);
  await expect(full.derived.write('ab'.repeat(32), 'thumb.webp', randomBytes(KIB))).rejects.toThrow(
    StorageFull,
  );
  const space = await full.space();
  expect(space.reserveBytes).toBe(reserveBytes);
  expect(space.freeBytes).toBeGreaterThan(0);
  expect(await temporary()).toEqual([]);
});

test('a kept image is read whole, as a range, and by its size; one that is not kept has none', async () => {
  const bytes = randomBytes(300 * KIB);
  const pending = await storage.receive(pieces(bytes, KIB), 4000 * KIB);
  const { sha256 } = pending;
  expect(await storage.size(sha256)).toBeNull();
  await expect(storage.read(sha256)).rejects.toThrow(BlobMissing);
  await expect(storage.open(sha256)).rejects.toThrow(BlobMissing);
  await pending.keep();
  expect(await storage.size(sha256)).toBe(bytes.length);
  expect((await storage.read(sha256)).equals(bytes)).toBe(true);
  const parts: Uint8Array[] = [];
  for await (const part of await storage.open(sha256, { start: 5, end: 200_000 })) parts.push(part);
  expect(Buffer.concat(parts).equals(bytes.subarray(5, 200_001))).toBe(true);
  expect(await storage.derived.read(sha256, 'thumb.webp')).toBeNull();
  await storage.derived.write(sha256, 'thumb.webp', bytes);
  expect((await storage.derived.read(sha256, 'thumb.webp'))?.equals(bytes)).toBe(true);
});
