/** `npm run models -- check FOLDER [IMAGES]`: see check.ts. */
import { parseArgs } from 'node:util';
import { configureSharp } from '@scry/shared/imaging/libvips';
import { oneLine } from '../manifest-problem.js';
import { checkFolder } from './check.js';

const USAGE = `Usage: npm run models -- check FOLDER [IMAGES] [--write] [--limit N] [--out FOLDER]

  FOLDER   a model's folder, with a manifest.json, with part of one, or with the model file alone
  IMAGES   an image, a folder of images, a folder with a folder per class, a folder with YOLO text files
           beside its images, or a COCO JSON file
  --write  write the completed manifest.json into FOLDER
  --limit  how many labelled images are used (100)
  --out    where to write what the network is shown, as PNG files`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      write: { type: 'boolean', default: false },
      limit: { type: 'string', default: '100' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const [folder, images = null] = positionals;
  const limit = Number(values.limit);
  if (values.help || !folder) throw new Error(USAGE);
  if (!Number.isInteger(limit) || limit < 1) throw new Error('--limit must be a whole number from 1');
  const { write, out = null } = values;
  configureSharp();
  await checkFolder({ folder, images, limit, write, out }, (line) => process.stdout.write(`${line}\n`));
}

main().catch((error: unknown) => {
  const text = error instanceof Error && error.message === USAGE ? USAGE : oneLine(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
});
