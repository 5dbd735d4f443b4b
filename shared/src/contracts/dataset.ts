/** Data sets as clients see them: images with the class that each shows, to train models on. */
import { ulid } from 'ulid';
import { z } from 'zod';
import { boxSchema } from '../tasks/answer.js';
import { plainLines, plainText } from './plain-text.js';
import { imageSchema } from './prediction.js';

export const SPLITS = ['train', 'validation', 'test'] as const;
export type Split = (typeof SPLITS)[number];

export const ITEM_SOURCES = ['upload', 'zip', 'feedback', 'prediction'] as const;
export type ItemSource = (typeof ITEM_SOURCES)[number];

/** Ids of data sets, items and imports: made here, never chosen. */
export const DATASET_ID = /^[0-9A-HJKMNP-TV-Z]{26}$/;
export const newDatasetId = (): string => ulid();

const line = (most: number) => plainText(z.string().trim().min(1).max(most));

export const classNameSchema = line(100).describe('What the image shows.');
const datasetNameSchema = line(100).describe('Shown to people; no two data sets have the same.');
const descriptionSchema = plainLines(z.string().max(2000));

/** A box around one object, for detection. */
export const itemBoxSchema = z
  .strictObject({ class: classNameSchema, bbox: boxSchema })
  .meta({ id: 'ItemBox' });
export type ItemBox = z.infer<typeof itemBoxSchema>;
export const boxesSchema = z.array(itemBoxSchema).max(1000);

export const newDatasetSchema = z
  .strictObject({ name: datasetNameSchema, description: descriptionSchema.default('') })
  .meta({ id: 'NewDataset' });

export const changedDatasetSchema = z
  .strictObject({ name: datasetNameSchema.optional(), description: descriptionSchema.optional() })
  .meta({ id: 'ChangedDataset' });

export const classCountSchema = z
  .object({
    class: z.string().nullable().describe('Null: not labelled yet.'),
    items: z.int(),
    train: z.int(),
    validation: z.int(),
    test: z.int(),
  })
  .meta({
    id: 'DatasetClass',
    description: 'Items of one class, in all and by split; a training splits the rest.',
  });
export type ClassCount = z.infer<typeof classCountSchema>;

export const datasetSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    items: z.int(),
    classes: z.array(classCountSchema),
    created_at: z.iso.datetime(),
    changed_at: z.iso.datetime(),
  })
  .meta({ id: 'Dataset' });
export type DatasetView = z.infer<typeof datasetSchema>;

export const itemSchema = z
  .object({
    id: z.string(),
    class: z.string().nullable(),
    split: z.enum(SPLITS).nullable().describe('Null: a training decides.'),
    source: z.enum(ITEM_SOURCES),
    file_name: z.string().nullable(),
    image: imageSchema,
    boxes: boxesSchema.nullable(),
    created_at: z.iso.datetime(),
    urls: z.object({ image: z.string(), thumbnail: z.string() }),
  })
  .meta({ id: 'DatasetItem' });
export type ItemView = z.infer<typeof itemSchema>;

/** What may be said of an item; null takes it back. */
export const itemChangeSchema = z
  .strictObject({
    class: classNameSchema.nullable().optional(),
    split: z.enum(SPLITS).nullable().optional(),
    boxes: boxesSchema.nullable().optional(),
  })
  .meta({ id: 'ItemChange' });
export type ItemChange = z.infer<typeof itemChangeSchema>;

export const IMPORT_STATES = ['running', 'succeeded', 'failed'] as const;

export const skippedSchema = z.object({ path: z.string(), reason: z.string() }).meta({ id: 'SkippedEntry' });
export type Skipped = z.infer<typeof skippedSchema>;

export const importSchema = z
  .object({
    id: z.string(),
    state: z.enum(IMPORT_STATES),
    added: z.int(),
    repeated: z.int().describe('Images that the data set had already.'),
    skipped: z.int(),
    report: z.array(skippedSchema).describe('The first 200 of what was skipped, and why.'),
    error: z.string().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'DatasetImport' });
export type ImportView = z.infer<typeof importSchema>;
