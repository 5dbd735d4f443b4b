/** Zips that lie in their names, numbers and flags: every one gives safe paths with true contents, or an error in words. */
import { classesIn } from '@scry/api/datasets/labels-csv';
import { type ZipLimits, ZipProblem, zipEntries } from '@scry/shared/storage/zip-reader';
import { zipSync } from 'fflate';
import { MemoryBlobs } from '../../../helpers/memory-blobs.js';

const LIMITS: ZipLimits = { maxEntries: 100, maxEntryBytes: 1 << 20, maxTotalBytes: 4 << 20 };
const CONTENT = 'what the entry holds';
const DIRECTORY = Buffer.from([0x50, 0x4b, 1, 2]);
const END = Buffer.from([0x50, 0x4b, 5, 6]);

const NAMES = [
  ...[
    '../a',
    '../../etc/passwd',
    'a/../../b',
    '..',
    'a/..',
    '..\\..\\a',
    'a\\..\\b',
    './../a',
    '....//a',
    '..;/a',
  ],
  ...[
    '/a',
    '//server/share/a',
    '\\\\server\\a',
    'C:\\a',
    'c:/a',
    'C:a',
    'file:///a',
    '~/a',
    '$HOME/a',
    '%00',
    '%2e%2e/a',
  ],
  ...[
    'a\0b',
    'a\nb',
    'a\rb',
    '\u001b[31ma',
    'a\u007f',
    '\u0085a',
    '\u202egpj.exe',
    '\ufeffa',
    'a\u200b',
    'e\u0301',
    '\ud83d',
  ],
  ...[
    '.',
    '/',
    '//',
    'a//b',
    ' ',
    'a ',
    'a.',
    'con',
    'nul.jpg',
    'aux/a',
    'a:stream',
    'a*?"<>|',
    '__proto__',
    'constructor/a',
  ],
  ...[
    'x'.repeat(255),
    'x/'.repeat(400),
    'x'.repeat(60_000),
    '__MACOSX/a',
    '.hidden',
    'Thumbs.db',
    'a/labels.csv',
    'labels.csv',
  ],
];

async function* once(bytes: Uint8Array) {
  yield bytes;
}

const isSafe = (path: string) =>
  !path.startsWith('/') &&
  !/^[A-Za-z]:/.test(path) &&
  !path.split('/').includes('..') &&
  !/\p{Cc}/u.test(path);

/** @returns how many entries can be read. @throws what the reader says, and expectations */
async function read(zip: Uint8Array): Promise<number> {
  const blobs = new MemoryBlobs();
  await (await blobs.receive(once(zip), zip.length)).keep('incoming-zips/one');
  let readable = 0;
  for await (const entry of zipEntries(blobs, 'incoming-zips/one', LIMITS)) {
    if (entry.kind === 'skipped') {
      expect(entry.reason).toMatch(/^(it|its) /);
      continue;
    }
    const parts: Uint8Array[] = [];
    for await (const part of entry.open()) parts.push(part);
    expect([isSafe(entry.path), Buffer.concat(parts).toString()]).toEqual([true, CONTENT]);
    readable += 1;
  }
  return readable;
}

async function survives(zip: Uint8Array): Promise<void> {
  const outcome = await read(zip).catch((error: unknown) => error);
  if (typeof outcome !== 'number') expect(outcome).toBeInstanceOf(ZipProblem);
}

/** A zip with one entry, stored, and numbers of its directory or its end changed. */
function lying(
  part: Buffer,
  changes: readonly (readonly [offset: number, value: number, size: 2 | 4])[],
): Buffer {
  const zip = Buffer.from(zipSync({ 'cat/a.jpg': Buffer.from(CONTENT) }, { level: 0 }));
  for (const [offset, value, size] of changes) zip.writeUIntLE(value, zip.lastIndexOf(part) + offset, size);
  return zip;
}

/** A zip with one entry of any name. */
function named(name: string): Buffer {
  const bytes = Buffer.from(name);
  const placeholder = 'q'.repeat(bytes.length);
  const zip = Buffer.from(zipSync({ [placeholder]: Buffer.from(CONTENT) }));
  return Buffer.from(zip.toString('latin1').replaceAll(placeholder, bytes.toString('latin1')), 'latin1');
}

test('names that lead elsewhere, hide something or are very long', async () => {
  for (const name of NAMES) await survives(named(name));
  const twice = Buffer.from(zipSync({ 'a.jpg': Buffer.from(CONTENT), 'b.jpg': Buffer.from(CONTENT) }));
  await survives(Buffer.from(twice.toString('latin1').replaceAll('b.jpg', 'a.jpg'), 'latin1'));
});

test('flags, methods of compression and kinds of files that no image has', async () => {
  for (let bit = 0; bit < 16; bit++) await survives(lying(DIRECTORY, [[8, 1 << bit, 2]]));
  for (let method = 0; method < 100; method++) await survives(lying(DIRECTORY, [[10, method, 2]]));
  for (let kind = 0; kind < 16; kind++) await survives(lying(DIRECTORY, [[38, (kind << 28) >>> 0, 4]]));
});

test('sizes, places and counts that are not true', async () => {
  const values = [0, 1, 19, 21, 0x7fff_ffff, 0xffff_fffe, 0xffff_ffff];
  const numbers: [number, 2 | 4][] = [
    [16, 4],
    [20, 4],
    [24, 4],
    [28, 2],
    [30, 2],
    [32, 2],
    [34, 2],
    [42, 4],
  ];
  for (const [offset, size] of numbers)
    for (const value of values) await survives(lying(DIRECTORY, [[offset, value % 2 ** (8 * size), size]]));
  const ends: [number, 2 | 4][] = [
    [4, 2],
    [6, 2],
    [8, 2],
    [10, 2],
    [12, 4],
    [16, 4],
    [20, 2],
  ];
  for (const [offset, size] of ends)
    for (const value of values) await survives(lying(END, [[offset, value % 2 ** (8 * size), size]]));
});

test('tables of labels that are none', () => {
  const rows = NAMES.map((name) => `${name},${name}`);
  const quotes = [
    '"',
    '""',
    '"a',
    'a"b,c',
    '"a""b",c',
    '"a\nb",c',
    ',',
    ',,',
    ';',
    '\t',
    'a',
    'a\nb',
    '\ufeff',
    '\0,\0',
  ];
  const heads = [
    'file,class\n',
    'class;file\n',
    'path\tlabel\n',
    'file\n',
    'name,name\n',
    '__proto__,class\n',
  ];
  const tables = [...rows, ...quotes, ...heads, ...heads.flatMap((head) => rows.map((row) => head + row))];
  for (const table of tables) {
    try {
      expect(classesIn(table).size).toBeLessThanOrEqual(2);
    } catch (error) {
      expect(error).toBeInstanceOf(ZipProblem);
    }
  }
  expect(tables.length).toBeGreaterThan(300);
});
