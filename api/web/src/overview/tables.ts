/** Answers as files: CSV with a line for each, JSON with all that the API says. */
import type { PredictionView } from '@scry/shared/contracts/prediction';

/** An image of the list with its prediction. */
export interface Named {
  readonly name: string;
  readonly prediction: PredictionView;
}

const COLUMNS = [
  'image',
  'prediction_id',
  'status',
  'model',
  'version',
  'class_index',
  'class_name',
  'confidence',
  'left',
  'top',
  'width',
  'height',
] as const;

type Cell = string | number;

/** RFC 4180. What a spreadsheet would take for a formula is marked as text. */
function cell(value: Cell): string {
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Lines of one image: one for each answer, one where there is none. Boxes are pixels of the image as a person sees it. */
function linesOf({ name, prediction }: Named): Cell[][] {
  const { prediction_id: id, status, model, image, output } = prediction;
  const first = [name, id, status, model.name, model.version];
  const answers = output?.predictions ?? [];
  if (answers.length === 0) return [[...first, '', '', '', '', '', '', '']];
  return answers.map(({ class_index, class_name, confidence, bbox }) => {
    const place = bbox
      ? [
          (bbox.cx - bbox.w / 2) * image.width,
          (bbox.cy - bbox.h / 2) * image.height,
          bbox.w * image.width,
          bbox.h * image.height,
        ].map((value) => Math.round(value * 10) / 10)
      : ['', '', '', ''];
    return [...first, class_index, class_name, confidence, ...place];
  });
}

/** Without it spreadsheets take UTF-8 for something else. */
const BYTE_ORDER_MARK = '\ufeff';

export function csvOf(all: readonly Named[]): string {
  const lines = [COLUMNS as readonly Cell[], ...all.flatMap(linesOf)];
  return BYTE_ORDER_MARK + lines.map((line) => `${line.map(cell).join(',')}\r\n`).join('');
}

export function jsonOf(all: readonly Named[]): string {
  return JSON.stringify(
    all.map(({ name, prediction }) => ({ file: name, ...prediction })),
    null,
    2,
  );
}

/** Names for files made of images, each once: "photo-annotated.jpg", "photo-annotated-2.jpg". */
export function annotatedNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const base = `${name.replace(/\.[^.]*$/, '').replace(/[\\/:*?"<>|]/g, '_') || 'image'}-annotated`;
    let unique = `${base}.jpg`;
    for (let number = 2; taken.has(unique); number += 1) unique = `${base}-${number}.jpg`;
    taken.add(unique);
    return unique;
  });
}
