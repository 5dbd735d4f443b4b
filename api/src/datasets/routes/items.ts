/** /v1/datasets/{id}/items: images come in, are listed, labelled and taken out. */
import {
  DATASET_ID,
  ITEM_SOURCES,
  itemChangeSchema,
  itemSchema,
  SPLITS,
} from '@scry/shared/contracts/dataset';
import express, { type Request, type Response } from 'express';
import { z } from 'zod';
import { readCursor, writeCursor } from '../../http/cursor.js';
import { json, problems } from '../../http/describe.js';
import { Problem } from '../../http/problems.js';
import type { Needs, Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import { uploadReceiver } from '../../predictions/create/upload.js';
import { baseUrl } from '../../predictions/present.js';
import type { AddedItem } from '../dataset-service.js';
import { described, newItemFields } from './new-item.js';
import { datasetParams, presentItem } from './views.js';

const access = problems(
  'invalid-request',
  'unauthorized',
  'forbidden',
  'dataset-not-found',
  'database-unavailable',
);
const MOST_AT_ONCE = 1000;

const listQuery = z.strictObject({
  class: z.string().max(200).optional().describe('Only this class; empty: items without one.'),
  split: z
    .union([z.enum(SPLITS), z.literal('')])
    .optional()
    .describe('Empty: items that a training places.'),
  source: z.enum(ITEM_SOURCES).optional(),
  text: z.string().max(100).optional().describe('Part of the name of the file.'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(300).optional().describe('`next` of the page before.'),
});

const pageSchema = z
  .object({ items: z.array(itemSchema), next: z.string().nullable().describe('Null at the end.') })
  .meta({ id: 'DatasetItemPage' });

/** An empty text in a query means "none". */
const orNone = <T extends string>(value: T | '' | undefined) => (value === '' ? null : value);

export const listItems: Route<'datasets' | 'datasetItems' | 'config'> = {
  scope: 'read',
  description: {
    method: 'get',
    path: '/v1/datasets/{id}/items',
    operationId: 'listItems',
    summary: 'Items of a data set, newest first',
    tags: ['data sets'],
    request: { params: datasetParams, query: listQuery },
    responses: { 200: json(pageSchema, 'One page.'), ...access },
  },
  handlers: ({ datasets, datasetItems, config }) => [
    async (req, res) => {
      const { id: datasetId } = check(datasetParams, req.params);
      const { class: label, split, source, text, limit, cursor } = check(listQuery, req.query);
      const after = cursor === undefined ? undefined : readCursor(cursor);
      const filter = { datasetId, class: orNone(label), split: orNone(split), source, text, limit, after };
      const page = await datasetItems.list(filter);
      if (page.items.length === 0) await datasets.get(datasetId);
      const base = baseUrl(req, config.PUBLIC_URL);
      const items = page.items.map((item) => presentItem(item, base));
      res.json({ items, next: page.next && writeCursor(page.next) });
    },
  ],
};

const formSchema = newItemFields
  .extend({
    image: z.string().meta({ format: 'binary' }),
    boxes: z.string().optional().describe('As JSON.'),
  })
  .meta({ id: 'DatasetItemForm' });
const jsonSchema = newItemFields
  .extend({ image: z.string().describe('Base64, or a data URL.') })
  .meta({ id: 'NewDatasetItem' });

function parsedBoxes(text: unknown): unknown {
  if (typeof text !== 'string') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Problem('invalid-request', 'boxes: is not valid JSON.');
  }
}

/** @returns a function that adds the image of a request */
function adder({ storage, config, datasets }: Needs<'storage' | 'config' | 'datasets'>) {
  const receive = uploadReceiver(storage, config.MAX_UPLOAD_BYTES);
  return async (req: Request, res: Response): Promise<AddedItem> => {
    const { id } = check(datasetParams, req.params);
    await datasets.get(id);
    const { image, fields } = await receive(req, res);
    try {
      const boxes = req.is('json') ? fields.boxes : parsedBoxes(fields.boxes);
      return await datasets.add(id, image, described(check(newItemFields, { ...fields, boxes }), 'upload'));
    } finally {
      await image.discard();
    }
  };
}

export const addItem: Route<'storage' | 'config' | 'datasets'> = {
  scope: 'datasets:write',
  description: {
    method: 'post',
    path: '/v1/datasets/{id}/items',
    operationId: 'addItem',
    summary: 'Add an image',
    tags: ['data sets'],
    request: {
      params: datasetParams,
      body: {
        required: true,
        content: {
          'multipart/form-data': { schema: formSchema },
          'application/json': { schema: jsonSchema },
        },
      },
    },
    responses: {
      200: json(itemSchema, 'The data set has this image already; it stays as it was.'),
      201: json(itemSchema, 'The item.'),
      ...access,
      ...problems(
        'invalid-multipart',
        'invalid-json',
        'no-image',
        'too-large',
        'unsupported-image',
        'unsupported-body',
        'unreadable-image',
        'too-many-pixels',
        'storage-unavailable',
        'storage-full',
      ),
    },
  },
  handlers: (services) => {
    const add = adder(services);
    return [
      async (req, res) => {
        const { item, created } = await add(req, res);
        res.status(created ? 201 : 200).json(presentItem(item, baseUrl(req, services.config.PUBLIC_URL)));
      },
    ];
  },
};

const ids = z.array(z.string().regex(DATASET_ID)).min(1).max(MOST_AT_ONCE);
const changeSchema = itemChangeSchema.extend({ ids }).meta({ id: 'ItemsChange' });
const removeSchema = z.strictObject({ ids }).meta({ id: 'ItemsRemoval' });
const countSchema = z.object({ changed: z.int() });

export const changeItems: Route<'datasets'> = {
  scope: 'datasets:write',
  description: {
    method: 'patch',
    path: '/v1/datasets/{id}/items',
    operationId: 'changeItems',
    summary: 'Give items a class, a split or boxes; null takes them back',
    tags: ['data sets'],
    request: {
      params: datasetParams,
      body: { required: true, content: { 'application/json': { schema: changeSchema } } },
    },
    responses: { 200: json(countSchema, 'How many there were.'), ...access, ...problems('invalid-json') },
  },
  handlers: ({ datasets }) => [
    express.json({ limit: '1mb' }),
    async (req, res) => {
      const { id } = check(datasetParams, req.params);
      const { ids, ...fields } = check(changeSchema, req.body ?? {});
      res.json({ changed: (await datasets.changeItems(id, ids, fields)).length });
    },
  ],
};

export const removeItems: Route<'datasets'> = {
  scope: 'datasets:write',
  description: {
    method: 'post',
    path: '/v1/datasets/{id}/items/remove',
    operationId: 'removeItems',
    summary: 'Take items out',
    tags: ['data sets'],
    request: {
      params: datasetParams,
      body: { required: true, content: { 'application/json': { schema: removeSchema } } },
    },
    responses: { 200: json(countSchema, 'How many there were.'), ...access, ...problems('invalid-json') },
  },
  handlers: ({ datasets }) => [
    express.json({ limit: '1mb' }),
    async (req, res) => {
      const { id } = check(datasetParams, req.params);
      const { ids } = check(removeSchema, req.body ?? {});
      res.json({ changed: (await datasets.removeItems(id, ids)).length });
    },
  ],
};
