/** What every implementation of Blobs must do. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BlobMissing, type Blobs, BlobTooLarge } from '@scry/shared/storage/blobs';

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

    it('can be empty', async () => {
      expect((await put('models/empty')).bytes).toBe(0);
      expect(await blobs.read('models/empty')).toHaveLength(0);
    });

    it('show no more than the beginning before they are kept', async () => {
      const pending = await blobs.receive(chunks('x'.repeat(50_000), 'y'), MANY);
      expect(pending.head).toHaveLength(32 * 1024);
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
