/** Writes models/manifest.schema.json from the schema in shared/src/models/model-folders.ts. Needs a build. */
import { writeFile } from 'node:fs/promises';
import { manifestJsonSchema } from '../shared/dist/models/model-folders.js';

const file = new URL('../models/manifest.schema.json', import.meta.url);
await writeFile(file, `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`);
