/** Images with the answers of the original networks. They lie beside the project, not in it: see where they are used. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

export const REFERENCE = path.resolve(import.meta.dirname, '../../../shared/reference');
export const hasReference = existsSync(REFERENCE);

/** Runs a suite where the images are, and shows it as skipped where they are not. */
export const describeWithReference = hasReference ? describe : describe.skip;

export interface SmallExpected {
  readonly classes: readonly string[];
  /** Ten probabilities per file. */
  readonly probabilities: Readonly<Record<string, readonly number[]>>;
}

export interface LargeExpected {
  readonly classes: readonly string[];
  readonly expected: Readonly<Record<string, { readonly probabilities: readonly number[] }>>;
}

export interface ExpectedDetection {
  readonly class_name: string;
  readonly confidence: number;
  /** x0, y0, x1, y1 relative to the image. */
  readonly box: readonly [number, number, number, number];
}

export interface CellsExpected {
  readonly detections: Readonly<Record<string, readonly ExpectedDetection[]>>;
}

/** @param set folder with images and an expected.json */
export async function readExpected<T>(set: 'small' | 'large' | 'cells'): Promise<T> {
  return JSON.parse(await readFile(path.join(REFERENCE, set, 'expected.json'), 'utf8')) as T;
}
