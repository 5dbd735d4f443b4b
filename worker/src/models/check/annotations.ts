/** Boxes that people drew, as COCO (one JSON file) and YOLO (a text file per image) write them. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ImageSet, LabelledImage, TrueBox } from './truth.js';

interface Coco {
  readonly images: readonly { id: number; file_name: string; width: number; height: number }[];
  readonly annotations: readonly {
    image_id: number;
    category_id: number;
    bbox?: number[];
    iscrowd?: number;
  }[];
  readonly categories: readonly { id: number; name: string }[];
}

const isList = (value: unknown) => Array.isArray(value);

async function parse(file: string): Promise<Coco | null> {
  try {
    const json = JSON.parse(await readFile(file, 'utf8')) as Partial<Coco>;
    return isList(json.images) && isList(json.annotations) && isList(json.categories) ? (json as Coco) : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null; // some other file
    throw error;
  }
}

const fold = (name: string) => name.trim().toLowerCase();

/** @param bbox left, top, width and height in pixels */
function trueBox(bbox: number[], classIndex: number, size: { width: number; height: number }): TrueBox {
  const [x = 0, y = 0, w = 0, h = 0] = bbox;
  const { width, height } = size;
  const box = { cx: (x + w / 2) / width, cy: (y + h / 2) / height, w: w / width, h: h / height };
  return { classIndex, box };
}

function locate(folder: string, name: string): string {
  const beside = [name, path.join('images', name), path.basename(name)].map((one) => path.join(folder, one));
  return beside.find((file) => existsSync(file)) ?? (beside[0] as string);
}

/** Images and boxes of a COCO file; crowds are left out. @returns null when the file is none */
export async function cocoLabels(file: string, labels: readonly string[]): Promise<ImageSet | null> {
  const coco = await parse(file);
  if (!coco) return null;
  const known = new Map(labels.map((label, index) => [fold(label), index]));
  const unnamed = labels.every((label, index) => label === `class ${index}`);
  const sorted = [...coco.categories].sort((a, b) => a.id - b.id);
  const classes = new Map(
    sorted.map(({ id, name }, place) => [id, known.get(fold(name)) ?? (unnamed ? place : -1)]),
  );
  const boxes = new Map<number, TrueBox[]>();
  const sizes = new Map(coco.images.map((image) => [image.id, image]));
  for (const { image_id, category_id, bbox, iscrowd } of coco.annotations) {
    const size = sizes.get(image_id);
    const classIndex = classes.get(category_id) ?? -1;
    if (!size || !bbox || iscrowd || classIndex < 0) continue;
    boxes.set(image_id, [...(boxes.get(image_id) ?? []), trueBox(bbox, classIndex, size)]);
  }
  const listed = coco.images.map(
    ({ id, file_name }): LabelledImage => ({
      file: locate(path.dirname(file), file_name),
      truth: { kind: 'boxes', boxes: boxes.get(id) ?? [] },
    }),
  );
  const images = listed.filter((image) => existsSync(image.file));
  const left = sorted.filter(({ id }) => classes.get(id) === -1).map(({ name }) => name);
  const notes = [`labels: the COCO file ${file}`];
  const missing = listed.length - images.length;
  if (missing > 0)
    notes.push(`left out, since they are not beside it: ${missing} of its ${listed.length} images`);
  if (left.length > 0) notes.push(`left out, since no label has these names: ${left.join(', ')}`);
  return { images, notes };
}

/** Where the boxes of an image lie: beside it, or in `labels/` beside its `images/`. */
function labelFile(image: string): string | null {
  const name = `${path.parse(image).name}.txt`;
  const folder = path.dirname(image);
  const places = [path.join(folder, name), path.join(folder.replace(/images(?!.*images)/, 'labels'), name)];
  return places.find((file) => existsSync(file)) ?? null;
}

/** "2 0.5 0.5 0.1 0.2": class, then centre and size relative to the image. */
function yoloBoxes(text: string, classes: number): TrueBox[] {
  return text.split('\n').flatMap((line): TrueBox[] => {
    const [classIndex, cx, cy, w, h] = line.trim().split(/\s+/).map(Number);
    const numbers = [classIndex, cx, cy, w, h];
    if (numbers.some((value) => value === undefined || !Number.isFinite(value))) return [];
    if ((classIndex as number) >= classes) return [];
    return [{ classIndex: classIndex as number, box: { cx, cy, w, h } as TrueBox['box'] }];
  });
}

/** Boxes from text files beside images; an image without one shows nothing. @returns null when no image has one */
export async function yoloLabels(files: readonly string[], classes: number): Promise<ImageSet | null> {
  if (!files.some((file) => labelFile(file) !== null)) return null;
  const images: LabelledImage[] = [];
  for (const file of files) {
    const beside = labelFile(file);
    const boxes = beside ? yoloBoxes(await readFile(beside, 'utf8'), classes) : [];
    images.push({ file, truth: { kind: 'boxes', boxes } });
  }
  return { images, notes: ['labels: a YOLO text file per image'] };
}
