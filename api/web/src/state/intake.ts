/** Images on their way in, from wherever on the page: owns the settings for the next ones and why some were not taken. */

import { type Refusal, refusalOf } from '../client/limits.js';
import { chosen, known } from '../client/models.js';
import type { Wishes } from '../client/predictions.js';
import { announce } from '../parts/announcer.js';
import { Observable } from './observable.js';
import { chosenModel } from './settings.js';
import { add, addAddress } from './uploads.js';

export interface GivenImage {
  readonly file: Blob;
  readonly name: string;
  /** Whether a file of this name lies on this computer; a pasted image has none. */
  readonly isFile: boolean;
}

export interface RefusedImage {
  readonly name: string;
  readonly bytes: number;
  readonly refusal: Refusal;
}

/** What the next images are asked with, beside the model. */
export const wishes = new Observable<Wishes>({});
/** Of the images given last, those that were not sent. */
export const refused = new Observable<readonly RefusedImage[]>([]);

/** Wishes that mean something to a model; a number for another task would be refused or mislead. */
function wishesFor(parameters: Readonly<Record<string, unknown>> | undefined): Wishes {
  if (!parameters) return {};
  return Object.fromEntries(Object.entries(wishes.value).filter(([name]) => name in parameters));
}

/**
 * Checks images and sends those that the server would take. Given while the models still load, they wait for them: which
 * one is meant is not known before.
 * @param suited the model to ask where it is installed; else, and when left out, the chosen one
 */
export async function give(images: readonly GivenImage[], suited?: string): Promise<void> {
  const [models, ...refusals] = await Promise.all([known(), ...images.map(({ file }) => refusalOf(file))]);
  refused.value = images.flatMap(({ name, file }, index) => {
    const refusal = refusals[index];
    return refusal ? [{ name, bytes: file.size, refusal }] : [];
  });
  const good = images.filter((_, index) => !refusals[index]);
  if (good.length === 0) return;
  if (suited !== undefined && models.some(({ name }) => name === suited)) chosenModel.value = suited;
  const model = chosen();
  add(good, model?.name ?? null, wishesFor(model?.parameters));
  announce(good.map(({ name }) => name).join(', '));
}

/** The text as an address that images may be fetched from; null when it is none. */
export function addressIn(text: string): string | null {
  const trimmed = text.trim();
  return /^https?:\/\/\S+$/i.test(trimmed) && URL.canParse(trimmed) ? trimmed : null;
}

/** Has the server fetch an image and asks the chosen model about it. */
export async function giveAddress(address: string): Promise<void> {
  await known();
  refused.value = [];
  const model = chosen();
  addAddress(address, model?.name ?? null, wishesFor(model?.parameters));
  announce(address);
}
