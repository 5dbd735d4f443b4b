import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { manifestJsonSchema, manifestSchema } from '@scry/shared/models/model-folders';

const root = path.resolve(import.meta.dirname, '../../../..');

describe('what people read about manifests', () => {
  it('in models/manifest.schema.json is the schema that is checked (else: npm run manifest:schema)', async () => {
    const kept = JSON.parse(await readFile(path.join(root, 'models/manifest.schema.json'), 'utf8'));
    expect(kept).toEqual(JSON.parse(JSON.stringify(manifestJsonSchema())));
  });

  it('in docs/adding-a-model.md are manifests that are accepted', async () => {
    const text = await readFile(path.join(root, 'docs/adding-a-model.md'), 'utf8');
    const examples = [...text.matchAll(/```json\n(.*?)```/gs)].map(([, json]) => JSON.parse(json as string));
    expect(examples.length).toBeGreaterThanOrEqual(9);
    for (const example of examples) expect(manifestSchema.safeParse(example).error?.issues).toBeUndefined();
  });
});
