/** Loads a model as a worker would, without serving it, and says what it found, did and answered. */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Output } from '@scry/shared/contracts/prediction';
import { taskSpec } from '@scry/shared/tasks/registry';
import { ImageReader } from '../../imaging/image-reader.js';
import { prepareModel } from '../conversion/convert.js';
import type { OpenedModel } from '../open-model.js';
import { openModel } from '../open-model.js';
import { imagesIn, readImages } from './labelled-images.js';
import { writePrepared } from './prepared-image.js';
import { manifestText, searchText, triedText } from './report.js';
import { scoreGiven, search } from './search.js';
import { Trial } from './trial.js';
import type { ImageSet } from './truth.js';

export interface CheckOptions {
  /** Folder of the model. */
  readonly folder: string;
  /** An image, a folder of images or of folders, or a COCO file; null: images in the model's folder. */
  readonly images: string | null;
  /** Labelled images that are used at the most. */
  readonly limit: number;
  /** Writes the completed manifest into the folder. */
  readonly write: boolean;
  /** Where prepared inputs are written; null: a new folder for temporary files. */
  readonly out: string | null;
}

/** Images of which the prepared input and the answers are shown. */
const SHOWN = 3;
const LIMITS = { maxPixels: 50_000_000, timeoutS: 60 };

type Say = (line: string) => void;

async function imagesFor({ folder, images }: CheckOptions, labels: readonly string[]): Promise<ImageSet> {
  if (images !== null) return readImages(images, labels);
  const own = await imagesIn(folder);
  return { images: own.map((file) => ({ file, truth: null })), notes: [] };
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

function answerText(task: string, output: Output): string {
  const [first] = output.predictions;
  if (!first) return 'nothing';
  if (task !== 'classification') return taskSpec(task).summary(output) ?? 'nothing';
  return output.predictions.map((one) => `${one.class_name} ${percent(one.confidence)}`).join(', ');
}

/** Prepares some images, writes what the network is shown, and prints what it answers. */
async function show(
  trial: Trial,
  opened: OpenedModel,
  set: ImageSet,
  reader: ImageReader,
  out: string,
  say: Say,
) {
  const asking = trial.withInput(opened.manifest, (opened.manifest.input ?? {}) as Record<string, unknown>);
  if (!asking) throw new Error('the settings that the model was loaded with do not fit it any more');
  for (const { file } of set.images.slice(0, SHOWN)) {
    const prepared = await reader.prepare(readFile(file), asking.image);
    if (!prepared.ok) {
      say(`  ${file}: ${prepared.error.message}`);
      continue;
    }
    const target = path.join(out, `${path.parse(file).name}.input.png`);
    await writePrepared(target, prepared.image.pixels, asking.image);
    const outcome = await asking.ask(prepared.image, {});
    const answered =
      outcome.status === 'succeeded' ? answerText(trial.model.task, outcome.output) : outcome.error.message;
    say(`  ${file}: ${answered}`);
    say(`    what the network is shown: ${target}`);
  }
}

async function score(
  trial: Trial,
  opened: OpenedModel,
  set: ImageSet,
  limit: number,
  reader: ImageReader,
  say: Say,
) {
  const labelled = set.images.filter(({ truth }) => truth !== null);
  const kind = trial.model.task === 'classification' ? 'class' : 'boxes';
  const fitting = labelled.filter(({ truth }) => truth?.kind === kind);
  if (labelled.length === 0) return;
  if (trial.model.task === 'segmentation' || fitting.length === 0) {
    say(
      `The labels do not fit a model for ${trial.model.task}; accuracy needs a folder per class, AP50 boxes of COCO or YOLO.`,
    );
    return;
  }
  const images = fitting.slice(0, limit);
  const parts = { trial, reader, manifest: opened.manifest, images };
  const given = await scoreGiven(parts);
  if (!given) throw new Error('none of the images can be read');
  say('');
  say(triedText(given, kind));
  const found = await search(parts, given, (what) => say(`  trying ${what} …`));
  say(searchText(found, kind));
}

async function writeManifest(folder: string, { manifest }: OpenedModel): Promise<string> {
  const file = path.join(folder, 'manifest.json');
  const { $schema = '../manifest.schema.json', ...rest } = manifest;
  await writeFile(file, `${JSON.stringify({ $schema, ...rest }, null, 2)}\n`);
  return file;
}

/**
 * Checks one model.
 * @param say prints a line
 * @throws Error in one sentence when the model cannot be served, or there are no images where there should be
 */
export async function checkFolder(options: CheckOptions, say: Say): Promise<void> {
  const isFolder = await stat(options.folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new Error(`${options.folder} is no folder; put the model file into one`);
  const cache = await mkdtemp(path.join(tmpdir(), 'scry-check-converted-'));
  const reader = new ImageReader(LIMITS);
  let trial: Trial | null = null;
  try {
    const opened = await openModel(path.resolve(options.folder), { cache, isolated: false });
    say(manifestText(opened));
    const { model, notes } = await prepareModel(opened.model, cache);
    trial = await Trial.load(model);
    const { runtime } = trial.served.loaded;
    for (const note of [...notes, ...trial.notes]) say(note);
    say(
      `It loads and runs, on ${runtime}; its input is ${trial.served.input.width} × ${trial.served.input.height}.`,
    );
    if (options.write) say(`Written to ${await writeManifest(options.folder, opened)}.`);
    const set = await imagesFor(options, model.labels);
    for (const note of set.notes) say(note);
    if (set.images.length === 0) {
      say('No image was given: name one, or a folder of them, to see answers.');
      return;
    }
    const out = options.out ?? (await mkdtemp(path.join(tmpdir(), 'scry-check-')));
    await mkdir(out, { recursive: true });
    await show(trial, opened, set, reader, out, say);
    await score(trial, opened, set, options.limit, reader, say);
  } finally {
    await Promise.all([trial?.close(), reader.close()]);
    await rm(cache, { recursive: true, force: true });
  }
}
