import { CATALOGUE } from '@scry/api/models/catalogue/entries';
import { manifestSchema } from '@scry/shared/contracts/manifest';

describe.each(CATALOGUE.map((entry) => [entry.name, entry] as const))('the entry %s', (_name, entry) => {
  it('has a manifest that a model of that name may have, and the file that it names', () => {
    const manifest = manifestSchema.parse(entry.manifest);
    expect(manifest).toMatchObject({ name: entry.name, task: entry.task });
    expect(entry.files.map(({ path }) => path)).toContain(manifest.file);
  });

  it('names a license, where it can be read, and the hash of everything that is taken', () => {
    expect(entry.license.name).not.toBe('');
    expect(entry.license.url).toMatch(/^https:/);
    for (const { sha256, bytes } of entry.files) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(bytes).toBeGreaterThan(0);
    }
    if (entry.source.kind === 'npm') {
      expect(entry.source.version).toMatch(/^\d+\.\d+\.\d+/);
      expect(entry.source.integrity).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/);
    } else for (const { from } of entry.files) expect(from).toMatch(/^https:/);
  });
});

it('no two entries have the same name', () => {
  expect(new Set(CATALOGUE.map(({ name }) => name)).size).toBe(CATALOGUE.length);
});
