/** Images to check a model on, with what they show where a folder or a file beside them says so. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { cocoLabels, yoloLabels } from './annotations.js';
import type { ImageSet, LabelledImage, Truth } from './truth.js';

const IMAGE = /\.(jpe?g|png|webp|gif|bmp|tiff?|heic|avif)$/i;

const byName = (a: string, b: string) => (a < b ? -1 : 1);

/** Image files in a folder, not in those inside it. */
export async function imagesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => IMAGE.test(name))
    .sort(byName)
    .map((name) => path.join(folder, name));
}

const plain = (text: string) =>
  text
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ');

/**
 * The class that each folder means: the label of its name, its number, or, when no label has a name of its own, its place
 * among all folders, as Keras and torchvision count them.
 */
function classOfFolder(folders: readonly string[], labels: readonly string[]): (name: string) => number {
  const unnamed = labels.every((label, index) => label === `class ${index}`);
  const known = new Map(labels.map((label, index) => [plain(label), index]));
  return (name) => {
    const found = known.get(plain(name));
    if (found !== undefined) return found;
    if (/^\d+$/.test(name) && Number(name) < labels.length) return Number(name);
    return unnamed && folders.length === labels.length ? folders.indexOf(name) : -1;
  };
}

/** A folder per class; images of all classes in turn, so that the first ones are a fair sample. */
async function perClass(
  root: string,
  folders: readonly string[],
  labels: readonly string[],
): Promise<ImageSet> {
  const classOf = classOfFolder(folders, labels);
  const unknown = folders.filter((name) => classOf(name) < 0);
  const lists: LabelledImage[][] = [];
  for (const name of folders.filter((one) => classOf(one) >= 0)) {
    const truth: Truth = { kind: 'class', classIndex: classOf(name) };
    lists.push((await imagesIn(path.join(root, name))).map((file) => ({ file, truth })));
  }
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  const images = Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list[at] ?? [])).flat();
  const notes = [`labels: a folder per class under ${root}`];
  if (unknown.length > 0) notes.push(`left out, since no label has these names: ${unknown.join(', ')}`);
  return { images, notes };
}

/** A folder of images, with labels of COCO or YOLO among or beside them if there are any. */
async function flat(folder: string, labels: readonly string[]): Promise<ImageSet> {
  const files = await imagesIn(folder);
  for (const name of (await readdir(folder)).filter((one) => /\.json$/i.test(one)).sort(byName)) {
    const coco = await cocoLabels(path.join(folder, name), labels);
    if (coco) return coco;
  }
  const yolo = await yoloLabels(files, labels.length);
  return yolo ?? { images: files.map((file) => ({ file, truth: null })), notes: [] };
}

/**
 * Reads what to check a model on.
 * @param target an image, a folder of images, a folder with a folder per class, or a COCO file
 * @param labels of the model
 * @throws Error in one sentence when there is nothing
 */
export async function readImages(target: string, labels: readonly string[]): Promise<ImageSet> {
  const found = await stat(target).catch(() => null);
  if (!found) throw new Error(`${target} does not exist`);
  if (found.isFile() && !/\.json$/i.test(target))
    return { images: [{ file: target, truth: null }], notes: [] };
  if (found.isFile()) {
    const coco = await cocoLabels(target, labels);
    if (coco) return coco;
    throw new Error(`${target} is no COCO file: it has no images and annotations`);
  }
  const inside = await flat(target, labels);
  if (inside.images.length > 0) return inside;
  const entries = await readdir(target, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const set = await perClass(target, folders.sort(byName), labels);
  if (set.images.length > 0) return set;
  throw new Error(`${target} holds no images, and no folder in it that is named like a label does`);
}
