/** A model's folder as it lies there: with a manifest, with part of one, or with nothing but the model file. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { VersionNote } from '@scry/shared/contracts/version';
import { completeManifest, leavesOpen } from '@scry/shared/models/complete/complete-manifest';
import { type Given, IncompleteManifest } from '@scry/shared/models/complete/draft';
import { type Model, modelFrom, readManifest } from '@scry/shared/models/model-folders';
import { type FactsOptions, readFacts } from './facts/read-facts.js';

export interface OpenedModel {
  readonly model: Model;
  /** The completed manifest, as a manifest.json would say it. */
  readonly manifest: Given;
  /** What was not said and had to be found out, with the reason. */
  readonly notes: readonly VersionNote[];
}

/** What a folder's manifest.json says; nothing where there is none. @throws Error with one sentence naming the file */
async function given(folder: string): Promise<Given> {
  const there = (await readdir(folder)).includes('manifest.json');
  return there ? readManifest(folder) : {};
}

/**
 * Reads a model's folder and completes its manifest from the files in it.
 * @throws Error with one sentence that names the file and the field that is wrong, or that must be given
 */
export async function openModel(folder: string, options: FactsOptions): Promise<OpenedModel> {
  const manifest = await given(folder);
  if (!leavesOpen(manifest)) return { model: await modelFrom(folder, manifest), manifest, notes: [] };
  try {
    const completed = completeManifest(manifest, await readFacts(folder, manifest, options));
    return { model: await modelFrom(folder, completed.manifest), ...completed };
  } catch (error) {
    if (!(error instanceof IncompleteManifest)) throw error;
    throw new Error(`${path.join(folder, 'manifest.json')}: ${error.message}`, { cause: error });
  }
}

/** One field that was found out, for people: `input.scale = 1: the layer "rescaling" …`. */
export function noteText({ field, value, reason }: VersionNote): string {
  const text = JSON.stringify(value);
  return `${field} = ${text.length > 120 ? `${text.slice(0, 120)}…` : text}: ${reason}`;
}
