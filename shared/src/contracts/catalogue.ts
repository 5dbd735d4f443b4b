/** What clients see of the catalogue of models that can be pulled. */
import { z } from 'zod';
import { TASKS } from '../tasks/registry.js';
import { VERSION_STATES } from './version.js';

export const CATALOGUE_STATES = ['available', 'pulling', 'failed', ...VERSION_STATES] as const;

export const catalogueItemSchema = z
  .object({
    name: z.string().describe('The name that the model gets.'),
    title: z.string(),
    description: z.string().describe('What it is for, and what it is not good at.'),
    task: z.enum(TASKS),
    license: z.object({
      name: z.string().describe("SPDX's name for it."),
      notice: z.string(),
      url: z.string(),
    }),
    source: z.string().describe('The package and its exact version, or the address of the first file.'),
    integrity: z.string().nullable().describe('Hash of the package.'),
    files: z.array(z.object({ path: z.string(), sha256: z.string(), bytes: z.int() })),
    download_bytes: z.int(),
    bytes: z.int().describe('Of the model once it is installed.'),
    accuracy: z.string().nullable().describe('What was measured, on what; null: nothing was.'),
    state: z
      .enum(CATALOGUE_STATES)
      .describe('available, pulling or failed; once it is pulled, the state of its version.'),
    reason: z.string().nullable().describe('Why it failed, or was rejected or retired.'),
    version: z.string().nullable().describe('The version that it became; null: it is not installed.'),
    progress: z
      .object({ bytes: z.int(), total: z.int() })
      .nullable()
      .describe('How much is downloaded, while it is being pulled.'),
  })
  .meta({ id: 'CatalogueItem' });
export type CatalogueItemView = z.infer<typeof catalogueItemSchema>;

export const catalogueSchema = z.object({ items: z.array(catalogueItemSchema) }).meta({ id: 'Catalogue' });
