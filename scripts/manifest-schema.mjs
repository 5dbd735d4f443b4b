/** Writes models/manifest.schema.json from the schema in shared/src/manifest.ts. Needs a build. */
import { writeFile } from 'node:fs/promises';
import { manifestJsonSchema } from '../shared/dist/manifest.js';

const file = new URL('../models/manifest.schema.json', import.meta.url);
await writeFile(file, `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`);
