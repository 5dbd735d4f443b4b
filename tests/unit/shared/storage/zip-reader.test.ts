import { type ZipEntry, type ZipLimits, ZipProblem, zipEntries } from '@scry/shared/storage/zip-reader';
import { type Zippable, zipSync } from 'fflate';
import { MemoryBlobs } from '../../../helpers/memory-blobs.js';

const LIMITS: ZipLimits = { maxEntries: 100, maxEntryBytes: 10 << 20, maxTotalBytes: 20 << 20 };
const text = (content: string) => Buffer.from(content);

async function* once(bytes: Uint8Array) {
  yield bytes;
}

async function stored(zip: Uint8Array): Promise<MemoryBlobs> {
  const blobs = new MemoryBlobs();
  await (await blobs.receive(once(zip), zip.length)).keep('incoming-zips/one');
  return blobs;
}

async function contentOf(entry: ZipEntry): Promise<string> {
  if (entry.kind === 'skipped') return `skipped: ${entry.reason}`;
  const parts: Uint8Array[] = [];
  for await (const part of entry.open()) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** What is in a zip: contents, or why they were skipped, by path. */
async function read(zip: Uint8Array, limits = LIMITS): Promise<Record<string, string>> {
  const found: [string, string][] = [];
  for await (const entry of zipEntries(await stored(zip), 'incoming-zips/one', limits))
    found.push([entry.path, await contentOf(entry)]);
  return Object.fromEntries(found);
}

const zip = (files: Zippable) => zipSync(files);

/** Changes a 16- or 32-bit number of the first entry in the directory of a zip. */
function altered(bytes: Uint8Array, offset: number, value: number, size: 2 | 4): Uint8Array {
  const copy = Buffer.from(bytes);
  const at = copy.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + offset;
  if (size === 2) copy.writeUInt16LE(value, at);
  else copy.writeUInt32LE(value, at);
  return copy;
}

describe('the entries of a zip', () => {
  it('are read in order, whichever folder they are in', async () => {
    expect(
      await read(
        zip({ 'a.txt': text('one'), cats: { '1.jpg': text('cat'), deep: { '2.jpg': text('two') } } }),
      ),
    ).toEqual({
      'a.txt': 'one',
      'cats/1.jpg': 'cat',
      'cats/deep/2.jpg': 'two',
    });
  });

  it('keep names of other alphabets, whether or not the zip says that they are UTF-8', async () => {
    const made = zip({ 'Äpfel/猫.jpg': text('cat') });
    expect(await read(made)).toEqual({ 'Äpfel/猫.jpg': 'cat' });
    expect(await read(altered(made, 8, 0, 2))).toEqual({ 'Äpfel/猫.jpg': 'cat' });
  });

  it('leave out what systems add', async () => {
    const files = {
      '__MACOSX/._1.jpg': text('x'),
      'cats/.DS_Store': text('x'),
      'Thumbs.db': text('x'),
      'cats/1.jpg': text('cat'),
    };
    expect(await read(zip(files))).toEqual({ 'cats/1.jpg': 'cat' });
  });

  it('need not be read', async () => {
    const blobs = await stored(zip({ a: text('one'), b: text('two') }));
    const names: string[] = [];
    for await (const { path } of zipEntries(blobs, 'incoming-zips/one', LIMITS)) names.push(path);
    expect(names).toEqual(['a', 'b']);
  });

  it.each([
    ['../escape.txt', 'its path leads out of the folder'],
    ['a/../../escape.txt', 'its path leads out of the folder'],
    ['..\\escape.txt', 'its path leads out of the folder'],
    ['/etc/passwd', 'its path is absolute'],
    ['C:/windows/a.dll', 'its path is absolute'],
    ['a\u0001b.txt', 'its name holds control characters'],
    [`${'x'.repeat(600)}.txt`, 'its name is longer than 500 characters'],
  ])('are skipped with a reason when they are called %j', async (name, reason) => {
    const found = await read(zip({ [name]: text('evil'), 'good.txt': text('good') }));
    expect(Object.values(found)).toEqual([`skipped: ${reason}`, 'good']);
  });

  it('are skipped when they are links', async () => {
    const made = zip({ link: [text('/etc/passwd'), { os: 3, attrs: 0o120777 << 16 }] });
    expect(await read(made)).toEqual({ link: 'skipped: it is a link' });
  });

  it('are skipped when they are encrypted', async () => {
    expect(await read(altered(zip({ a: text('x') }), 8, 1, 2))).toEqual({ a: 'skipped: it is encrypted' });
  });

  it('are skipped when they are too large, or compressed too well to be honest', async () => {
    const bomb = { bomb: new Uint8Array(9 << 20) };
    expect(await read(zip(bomb))).toEqual({ bomb: 'skipped: it is compressed more than 200 to 1' });
    expect(await read(zip(bomb), { ...LIMITS, maxEntryBytes: 1000 })).toEqual({
      bomb: 'skipped: it is larger than 1000 bytes',
    });
  });
});

describe('a zip that is refused', () => {
  it('has too many entries', async () => {
    const files = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`${index}`, text('')]));
    await expect(read(zip(files))).rejects.toThrow('the zip file has 101 entries, and may have 100');
  });

  it('holds too much in all', async () => {
    const noise = () => Buffer.from(Array.from({ length: 600 }, (_, at) => (at * 7919) % 251));
    await expect(read(zip({ a: noise(), b: noise() }), { ...LIMITS, maxTotalBytes: 1000 })).rejects.toThrow(
      'the zip file holds more than 1000 bytes unpacked',
    );
  });

  it('lies about the sizes of its entries', async () => {
    await expect(read(altered(zip({ a: text('x'.repeat(5000)) }), 24, 10, 4))).rejects.toThrow(ZipProblem);
  });

  it.each([
    ['is empty', new Uint8Array(0)],
    ['is something else', text('not a zip at all '.repeat(50))],
  ])('%s', async (_, bytes) => {
    await expect(read(bytes)).rejects.toThrow(/the zip file is damaged or is none/);
  });

  it('is cut off or damaged anywhere: an error in words or the entries that are whole, and never more', async () => {
    const whole = zip({ 'a.txt': text('content of a'), 'b.txt': text('content of b'.repeat(30)) });
    for (let at = 0; at < whole.length; at++) {
      const flipped = Uint8Array.from(whole);
      flipped[at] = (flipped[at] as number) ^ 0xff;
      for (const bytes of [whole.subarray(0, at), flipped]) {
        const outcome = await read(bytes).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(ZipProblem);
        else expect(Object.keys(outcome as object).length).toBeLessThanOrEqual(2);
      }
    }
  });
});
