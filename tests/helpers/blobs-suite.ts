/** What every implementation of Blobs must do. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BlobMissing, type Blobs, BlobTooLarge, HEAD_BYTES } from '@scry/shared/storage/blobs';

const bytes = (text: string) => Buffer.from(text);

async function* chunks(...parts: readonly string[]): AsyncIterable<Uint8Array> {
  for (const part of parts) yield bytes(part);
}

async function* thatBreaks(): AsyncIterable<Uint8Array> {
  yield bytes('the beginning');
  throw new Error('the client left');
}

async function keysOf(blobs: Blobs, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of blobs.list(prefix)) keys.push(key);
  return keys.sort();
}

const MANY = 1 << 20;

/** @param open gives an empty store, and says what lies in it besides kept blobs */
export function blobsSuite(
  name: string,
  open: () => Promise<{ readonly blobs: Blobs; readonly leftovers: () => Promise<readonly string[]> }>,
): void {
  describe(`blobs ${name}`, () => {
    let blobs: Blobs;
    let leftovers: () => Promise<readonly string[]>;

    beforeEach(async () => {
      ({ blobs, leftovers } = await open());
    });

    const put = async (key: string, ...parts: readonly string[]) => {
      const pending = await blobs.receive(chunks(...parts), MANY);
      await pending.keep(key);
      return pending;
    };

    it('are told apart by their hash, and read as they came', async () => {
      const { sha256, bytes: size, head } = await put('models/a', 'one, ', 'two');
      expect(sha256).toBe(createHash('sha256').update('one, two').digest('hex'));
      expect([size, Buffer.from(head).toString()]).toEqual([8, 'one, two']);
      expect((await blobs.read('models/a')).toString()).toBe('one, two');
    });

    it('are whole before they are kept, however they came', async () => {
      const text = Array.from({ length: 200 }, (_, index) => String(index).padStart(8_000, '.'));
      for (const parts of [['short'], text]) {
        const pending = await blobs.receive(chunks(...parts), 1 << 24);
        expect((await pending.whole()).toString()).toBe(parts.join(''));
        expect(pending.sha256).toBe(createHash('sha256').update(parts.join('')).digest('hex'));
        await pending.keep('models/a');
        expect((await blobs.read('models/a')).toString()).toBe(parts.join(''));
      }
    });

    it('can be empty', async () => {
      expect((await put('models/empty')).bytes).toBe(0);
      expect(await blobs.read('models/empty')).toHaveLength(0);
    });

    it('show no more than the beginning before they are kept', async () => {
      const pending = await blobs.receive(chunks('x'.repeat(50_000), 'y'), MANY);
      expect(pending.head.length).toBeGreaterThanOrEqual(HEAD_BYTES);
      expect(pending.head.every((byte) => byte === 0x78 || byte === 0x79)).toBe(true);
      expect(await blobs.stat('models/a')).toBeNull();
      await pending.discard();
    });

    it('are read in parts', async () => {
      await put('models/a', '0123456789');
      expect((await blobs.read('models/a', { start: 2, end: 4 })).toString()).toBe('234');
      expect((await blobs.read('models/a', { start: 7 })).toString()).toBe('789');
      const streamed: Uint8Array[] = [];
      for await (const part of await blobs.open('models/a', { start: 8 })) streamed.push(part);
      expect(Buffer.concat(streamed).toString()).toBe('89');
    });

    it('can be had as a file, which stays when the blob goes', async () => {
      await put('models/a', 'one');
      const folder = await mkdtemp(path.join(tmpdir(), 'scry-blob-file-'));
      try {
        await blobs.copyTo('models/a', path.join(folder, 'a.onnx'));
        await blobs.delete('models/a');
        expect(await readFile(path.join(folder, 'a.onnx'), 'utf8')).toBe('one');
        await expect(blobs.copyTo('models/a', path.join(folder, 'b.onnx'))).rejects.toThrow(BlobMissing);
      } finally {
        await rm(folder, { recursive: true });
      }
    });

    it('are replaced whole when another is kept under their key', async () => {
      await put('models/a', 'old and long');
      await put('models/a', 'new');
      expect((await blobs.read('models/a')).toString()).toBe('new');
    });

    it('go when they are deleted, once', async () => {
      await put('models/a', 'a');
      expect(await blobs.delete('models/a')).toBe(true);
      expect(await blobs.delete('models/a')).toBe(false);
      expect(await blobs.stat('models/a')).toBeNull();
    });

    it('that can be made again are stored in one step', async () => {
      await blobs.cache('derived/ab/image/thumb.webp', bytes('small'));
      expect((await blobs.read('derived/ab/image/thumb.webp')).toString()).toBe('small');
      await blobs.cache('derived/ab/image/thumb.webp', bytes('other'));
      expect((await blobs.read('derived/ab/image/thumb.webp')).toString()).toBe('other');
      expect(await leftovers()).toEqual([]);
    });

    it('go together when all below a prefix are deleted, and no others', async () => {
      const keys = ['derived/ab/one/a', 'derived/ab/one/b', 'derived/ab/one-more/a', 'derived/ab/two/a'];
      for (const key of keys) await blobs.cache(key, bytes(key));
      await blobs.deleteAll('derived/ab/one');
      await blobs.deleteAll('derived/ab/one');
      expect(await keysOf(blobs, 'derived/ab')).toEqual(['derived/ab/one-more/a', 'derived/ab/two/a']);
      for (const key of keys) await blobs.delete(key);
      await blobs.cache(keys[0] as string, bytes('again'));
      expect(await keysOf(blobs, 'derived')).toEqual(['derived/ab/one/a']);
    });

    it('that are withdrawn are found by nobody, and come back as they were', async () => {
      await put('models/a', 'one');
      const withdrawn = await blobs.withdraw('models/a');
      expect(await blobs.stat('models/a')).toBeNull();
      await expect(blobs.read('models/a')).rejects.toThrow(BlobMissing);
      expect(await keysOf(blobs, 'models')).toEqual([]);
      expect(await blobs.withdraw('models/a')).toBeNull();
      await withdrawn?.restore();
      expect((await blobs.read('models/a')).toString()).toBe('one');
      expect(await leftovers()).toEqual([]);
    });

    it('that are withdrawn and removed are gone, but not what was kept under their key since', async () => {
      await put('models/a', 'one');
      const withdrawn = await blobs.withdraw('models/a');
      await put('models/a', 'one');
      await withdrawn?.remove();
      expect((await blobs.read('models/a')).toString()).toBe('one');
      await (await blobs.withdraw('models/a'))?.remove();
      expect(await blobs.stat('models/a')).toBeNull();
      expect(await leftovers()).toEqual([]);
    });

    it('come back when whoever had withdrawn them died', async () => {
      await put('models/b/some-name.x', 'one');
      await blobs.withdraw('models/b/some-name.x');
      expect(await blobs.recover(MANY, MANY)).toBe(0);
      expect(await blobs.recover(MANY, 0)).toBe(1);
      expect((await blobs.read('models/b/some-name.x')).toString()).toBe('one');
      expect(await leftovers()).toEqual([]);
    });

    it('can be checked for being writable, which leaves nothing behind', async () => {
      await blobs.check();
      expect(await leftovers()).toEqual([]);
    });

    it('are missing in words where there are none', async () => {
      await expect(blobs.read('models/none')).rejects.toThrow(BlobMissing);
      await expect(blobs.open('models/none/deeper')).rejects.toThrow(
        'nothing is stored as "models/none/deeper"',
      );
    });

    it('are listed by whole segments of their keys, with their sizes', async () => {
      await put('models/a', 'a');
      await put('models/b/c', 'bc');
      await put('models2/d', 'd');
      expect(await keysOf(blobs, 'models')).toEqual(['models/a', 'models/b/c']);
      expect(await keysOf(blobs, 'nothing')).toEqual([]);
      const found = await blobs.stat('models/b/c');
      expect(found?.bytes).toBe(2);
      expect(Math.abs(Date.now() - Number(found?.modifiedAt))).toBeLessThan(60_000);
    });

    it.each([
      '../escape/a',
      '/etc/passwd',
      'models/../a',
      'models//a',
      'models/.hidden',
      'models',
      'models/a\0',
      '',
    ])('refuse the key %j', async (key) => {
      const pending = await blobs.receive(chunks('a'), MANY);
      await expect(pending.keep(key)).rejects.toThrow('cannot be the key of a blob');
      await pending.discard();
      await expect(blobs.read(key)).rejects.toThrow('cannot be the key of a blob');
      await expect(blobs.delete(key)).rejects.toThrow('cannot be the key of a blob');
    });

    it('leave nothing behind when they are too large, break off, or are not wanted', async () => {
      await expect(blobs.receive(chunks('abc', 'def'), 5)).rejects.toThrow(BlobTooLarge);
      await expect(blobs.receive(thatBreaks(), MANY)).rejects.toThrow('the client left');
      await (await blobs.receive(chunks('a'), MANY)).discard();
      const kept = await put('models/a', 'a');
      await kept.discard(); // harmless now
      expect((await blobs.read('models/a')).toString()).toBe('a');
      expect(await leftovers()).toEqual([]);
    });

    it('that arrive at once do not mix', async () => {
      const names = Array.from({ length: 20 }, (_, index) => `models/many/${index}`);
      await Promise.all(names.map((name) => put(name, name, '!', name)));
      const read = await Promise.all(names.map(async (name) => (await blobs.read(name)).toString()));
      expect(read).toEqual(names.map((name) => `${name}!${name}`));
    });
  });
}
