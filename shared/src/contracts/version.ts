/**
 * Versions of models and the labels that point to them.
 *
 *     checking ──▶ ready ──▶ retired
 *         └──────▶ rejected (keeps its reason)
 *
 * A version never changes once it is ready. A model is asked for by name (what `stable` points to, or by chance another label
 * with a share of the traffic), by `name@version` or by `name@label`.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { TASKS } from '../tasks/registry.js';
import { ENGINES, MODEL_NAME } from './manifest.js';
import { versionStatisticsSchema } from './statistics.js';

export { versionKey } from './version-key.js';

export const VERSION_STATES = ['checking', 'ready', 'rejected', 'retired'] as const;
export type VersionState = (typeof VERSION_STATES)[number];

export const VERSION_SOURCES = ['folder', 'upload', 'catalogue', 'training'] as const;
export type VersionSource = (typeof VERSION_SOURCES)[number];

export const VERSION_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/;
/** Labels have no digits in front, so that most versions cannot be taken for one. */
export const LABEL_NAME = /^[a-z][a-z0-9_-]{0,31}$/;

/** What a bare name means. */
export const STABLE = 'stable';
/** What is being tried. */
export const CANARY = 'canary';

/** Percent that the shares of all labels may have together, with room for fractions that binary numbers cannot hold. */
export const MOST_SHARES = 100.001;

/** Whether a version may be called so: names of labels that every model can have would have two meanings. */
export const isVersionName = (text: string): boolean =>
  VERSION_NAME.test(text) && text !== STABLE && text !== CANARY;

/** What a request asked for: a model, and maybe one of its versions or labels. */
export interface ModelReference {
  readonly name: string;
  /** A version or a label; null: whatever the labels' shares give. */
  readonly at: string | null;
}

/** Reads `name`, `name@version` or `name@label`. @returns null when it is none of them */
export function parseReference(text: string): ModelReference | null {
  const [name = '', at, ...rest] = text.split('@');
  if (rest.length > 0 || !MODEL_NAME.test(name)) return null;
  if (at === undefined) return { name, at: null };
  return VERSION_NAME.test(at) ? { name, at } : null;
}

/** A label of one model. Shares of all labels but `stable` are percent of the traffic of a bare name. */
export interface Label {
  readonly label: string;
  readonly version: string;
  readonly weight: number;
}

/** A number from 0 up to 100 that an id always gives, spread evenly over ids. */
export function shareOf(predictionId: string): number {
  return (createHash('sha256').update(predictionId).digest().readUInt32BE() / 2 ** 32) * 100;
}

/**
 * The label that answers a prediction of a bare name: the first whose share the id falls into, else `stable`.
 * The same id gets the same label as long as the labels stay as they are.
 */
export function chooseLabel(labels: readonly Label[], predictionId: string): Label | null {
  const shared = labels.filter(({ label, weight }) => label !== STABLE && weight > 0);
  const stable = labels.find(({ label }) => label === STABLE) ?? null;
  if (shared.length === 0) return stable;
  let place = shareOf(predictionId);
  for (const label of [...shared].sort((a, b) => (a.label < b.label ? -1 : 1))) {
    if (place < label.weight) return label;
    place -= label.weight;
  }
  return stable;
}

export const versionFileSchema = z
  .object({ path: z.string(), sha256: z.string(), bytes: z.int() })
  .meta({ id: 'ModelFile' });
export type VersionFile = z.infer<typeof versionFileSchema>;

/** Something that was not said and had to be found out. */
export const versionNoteSchema = z
  .object({ field: z.string(), value: z.unknown(), reason: z.string() })
  .meta({
    id: 'ModelNote',
    description: 'A field of the manifest that was read from the files or guessed, and why.',
  });
export type VersionNote = z.infer<typeof versionNoteSchema>;

export const labelViewSchema = z
  .object({
    label: z.string(),
    version: z.string(),
    weight: z
      .number()
      .describe('Percent of the predictions that name the model alone; `stable` gets the rest.'),
    previous: z.string().nullable().describe('What it pointed to before: `POST …/rollback` goes back to it.'),
    changed_at: z.iso.datetime(),
  })
  .meta({ id: 'ModelLabel' });
export type LabelView = z.infer<typeof labelViewSchema>;

export const versionViewSchema = z
  .object({
    model: z.string(),
    version: z.string(),
    id: z.string().describe('SHA-256 of the manifest and all files.'),
    state: z.enum(VERSION_STATES),
    reason: z.string().nullable().describe('Why it was rejected or retired.'),
    task: z.enum(TASKS).nullable().describe('Null until it is known.'),
    engine: z.enum(ENGINES).nullable(),
    manifest: z.record(z.string(), z.unknown()).describe('As completed once it is checked.'),
    notes: z.array(versionNoteSchema),
    files: z.array(versionFileSchema),
    bytes: z.int(),
    source: z.enum(VERSION_SOURCES),
    labels: z.array(z.string()),
    pinned: z.boolean().describe('Kept in memory whether or not it is asked for.'),
    metrics: z.record(z.string(), z.unknown()).nullable(),
    loaded: z.array(z.object({ worker: z.string(), device: z.string(), runtime: z.string() })),
    created_at: z.iso.datetime(),
    checked_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'ModelVersion' });
export type VersionView = z.infer<typeof versionViewSchema>;

/** As a list shows it, for comparing versions. */
export const listedVersionSchema = versionViewSchema
  .extend({
    statistics: versionStatisticsSchema
      .nullable()
      .describe("How it did lately; null when none of the model's newest predictions is of it."),
  })
  .meta({ id: 'ListedModelVersion' });
export type ListedVersion = z.infer<typeof listedVersionSchema>;
