/** Tries the usual settings on labelled images, one kind after the other, each from the best of those before. */
import { readFile } from 'node:fs/promises';
import type { Answer, Parameters } from '@scry/shared/contracts/prediction';
import type { ImageReader, PreparedImage } from '../../imaging/image-reader.js';
import { isBetter, type Judged, type Score, scoreOf } from './score.js';
import {
  type InputSettings,
  numberSettings,
  resampleSettings,
  resizeSettings,
  type Setting,
} from './settings.js';
import type { Asking, Trial } from './trial.js';
import type { LabelledImage, Truth } from './truth.js';

export interface Tried extends Setting {
  readonly score: Score;
}

export interface Search {
  readonly given: Tried;
  readonly best: Tried;
  /** In the order in which they were tried. */
  readonly tried: readonly Tried[];
}

export interface SearchParts {
  readonly trial: Trial;
  readonly reader: ImageReader;
  /** As manifest.json says it, completed. */
  readonly manifest: Readonly<Record<string, unknown>>;
  /** Images that are labelled. */
  readonly images: readonly LabelledImage[];
}

/** Every class; and every box that is worth a place on the curve of precision. */
const ASKED: Readonly<Record<Truth['kind'], Parameters>> = {
  class: { all_classes: true },
  boxes: { threshold: 0.01, max_detections: 300 },
};

/** An answer that is refused for what it holds finds nothing. */
async function answersOf(asking: Asking, image: PreparedImage, truth: Truth): Promise<readonly Answer[]> {
  const outcome = await asking.ask(image, ASKED[truth.kind]);
  return outcome.status === 'succeeded' ? outcome.output.predictions : [];
}

/** Scores settings that prepare images alike, so that each image is prepared once for all of them. */
async function scoreAlike(parts: SearchParts, settings: readonly Setting[]): Promise<Tried[]> {
  const { trial, reader, manifest, images } = parts;
  const askings = settings.flatMap((setting) => {
    const asking = trial.withInput(manifest, setting.input);
    return asking ? [{ setting, asking, judged: [] as Judged[] }] : [];
  });
  const [first] = askings;
  if (!first) return [];
  for (const { file, truth } of images) {
    const prepared = await reader.prepare(readFile(file), first.asking.image);
    if (!prepared.ok || !truth) continue;
    for (const { asking, judged } of askings)
      judged.push({ truth, answers: await answersOf(asking, prepared.image, truth) });
  }
  return askings
    .filter(({ judged }) => judged.length > 0)
    .map(({ setting, judged }) => ({ ...setting, score: scoreOf(judged) }));
}

/** Scores settings that prepare images each in its way. */
async function scoreEach(parts: SearchParts, settings: readonly Setting[]): Promise<Tried[]> {
  const tried: Tried[] = [];
  for (const setting of settings) tried.push(...(await scoreAlike(parts, [setting])));
  return tried;
}

const best = (tried: readonly Tried[], from: Tried) =>
  tried.reduce((found, one) => (isBetter(one.score, found.score) ? one : found), from);

/** Padding by colour is in the order of the channels, and images are prepared as red, green, blue. */
const channelsOf = (input: InputSettings) => String(input.channels ?? 'rgb');

/** Scores the settings that were given. @returns null when no image can be prepared */
export async function scoreGiven(parts: SearchParts): Promise<Tried | null> {
  const input = (parts.manifest.input ?? {}) as InputSettings;
  const [given] = await scoreAlike(parts, [{ name: 'as given', input }]);
  return given ?? null;
}

/**
 * Looks for settings that do better.
 * @param given what `scoreGiven` found
 * @param progress told before each kind of settings is tried
 */
export async function search(
  parts: SearchParts,
  given: Tried,
  progress: (sentence: string) => void,
): Promise<Search> {
  const tried: Tried[] = [];
  const note = (more: readonly Tried[], from: Tried) => {
    tried.push(...more);
    return best(more, from);
  };
  const numbers = (from: Tried) => scoreAlike(parts, numberSettings(from.input, channelsOf(from.input)));
  progress('numbers and channels');
  let found = note(await numbers(given), given);
  progress('resizes');
  const before = found;
  found = note(await scoreEach(parts, resizeSettings(found.input)), found);
  progress('resamplings');
  found = note(await scoreEach(parts, resampleSettings(found.input)), found);
  if (found !== before) {
    progress('numbers and channels again');
    found = note(await numbers(found), found);
  }
  return { given, best: found, tried };
}
