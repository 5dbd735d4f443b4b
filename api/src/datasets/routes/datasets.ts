/** /v1/datasets: data sets are made, named, listed, exported and removed. */
import {
  changedDatasetSchema,
  DATASET_ID,
  datasetSchema,
  newDatasetSchema,
} from '@scry/shared/contracts/dataset';
import type { Dataset, DatasetStore } from '@scry/shared/database/datasets';
import express from 'express';
import { z } from 'zod';
import { json, problems } from '../../http/describe.js';
import type { Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import { sendDatasetZip } from '../export.js';
import { datasetParams, presentDataset } from './views.js';

const access = problems('invalid-request', 'unauthorized', 'forbidden', 'database-unavailable');
const found = { ...access, ...problems('dataset-not-found') };
const body = express.json({ limit: '16kb' });

async function view(store: DatasetStore, dataset: Dataset) {
  return presentDataset(dataset, await store.classes(dataset.id));
}

const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().regex(DATASET_ID, 'must be `next` of the page before').optional(),
});

export const listDatasets: Route<'datasetStore'> = {
  scope: 'read',
  description: {
    method: 'get',
    path: '/v1/datasets',
    operationId: 'listDatasets',
    summary: 'Data sets, newest first',
    tags: ['data sets'],
    request: { query: pageQuery },
    responses: {
      200: json(z.object({ items: z.array(datasetSchema), next: z.string().nullable() }), 'One page.'),
      ...access,
    },
  },
  handlers: ({ datasetStore }) => [
    async (req, res) => {
      const { limit, cursor } = check(pageQuery, req.query);
      const rows = await datasetStore.list(limit + 1, cursor ?? null);
      const page = rows.slice(0, limit);
      const classes = await datasetStore.classesOf(page.map(({ id }) => id));
      const items = page.map((dataset) => presentDataset(dataset, classes.get(dataset.id) ?? []));
      res.json({ items, next: rows.length > limit ? (page.at(-1)?.id ?? null) : null });
    },
  ],
};

export const createDataset: Route<'datasets'> = {
  scope: 'datasets:write',
  description: {
    method: 'post',
    path: '/v1/datasets',
    operationId: 'createDataset',
    summary: 'Make a data set',
    tags: ['data sets'],
    request: { body: { required: true, content: { 'application/json': { schema: newDatasetSchema } } } },
    responses: { 201: json(datasetSchema, 'The data set, empty.'), ...access, ...problems('invalid-json') },
  },
  handlers: ({ datasets }) => [
    body,
    async (req, res) => {
      const { name, description } = check(newDatasetSchema, req.body ?? {});
      const made = await datasets.create(name, description, req.keyId ?? null);
      res.status(201).location(`/v1/datasets/${made.id}`).json(presentDataset(made, []));
    },
  ],
};

export const getDataset: Route<'datasets' | 'datasetStore'> = {
  scope: 'read',
  description: {
    method: 'get',
    path: '/v1/datasets/{id}',
    operationId: 'getDataset',
    summary: 'One data set, with how many items of which class it holds',
    tags: ['data sets'],
    request: { params: datasetParams },
    responses: { 200: json(datasetSchema, 'The data set.'), ...found },
  },
  handlers: ({ datasets, datasetStore }) => [
    async (req, res) => {
      const { id } = check(datasetParams, req.params);
      res.json(await view(datasetStore, await datasets.get(id)));
    },
  ],
};

export const changeDataset: Route<'datasets' | 'datasetStore'> = {
  scope: 'datasets:write',
  description: {
    method: 'patch',
    path: '/v1/datasets/{id}',
    operationId: 'changeDataset',
    summary: 'Rename or describe a data set',
    tags: ['data sets'],
    request: {
      params: datasetParams,
      body: { required: true, content: { 'application/json': { schema: changedDatasetSchema } } },
    },
    responses: {
      200: json(datasetSchema, 'The data set as it is now.'),
      ...found,
      ...problems('invalid-json'),
    },
  },
  handlers: ({ datasets, datasetStore }) => [
    body,
    async (req, res) => {
      const { id } = check(datasetParams, req.params);
      const { name, description } = check(changedDatasetSchema, req.body ?? {});
      res.json(await view(datasetStore, await datasets.change(id, name, description)));
    },
  ],
};

export const removeDataset: Route<'datasets'> = {
  scope: 'datasets:write',
  description: {
    method: 'delete',
    path: '/v1/datasets/{id}',
    operationId: 'removeDataset',
    summary: 'Remove a data set with its items',
    tags: ['data sets'],
    request: { params: datasetParams },
    responses: { 204: { description: 'It is gone.' }, ...found },
  },
  handlers: ({ datasets }) => [
    async (req, res) => {
      await datasets.remove(check(datasetParams, req.params).id);
      res.status(204).end();
    },
  ],
};

export const exportDataset: Route<'datasets' | 'datasetItems' | 'storage'> = {
  scope: 'read',
  description: {
    method: 'get',
    path: '/v1/datasets/{id}/export',
    operationId: 'exportDataset',
    summary: 'A data set as a zip with a folder per class',
    tags: ['data sets'],
    request: { params: datasetParams },
    responses: {
      200: {
        description: 'A zip that can be imported again.',
        content: { 'application/zip': { schema: z.string().meta({ format: 'binary' }) } },
      },
      ...found,
    },
  },
  handlers: ({ datasets, datasetItems, storage }) => [
    async (req, res) => {
      const dataset = await datasets.get(check(datasetParams, req.params).id);
      await sendDatasetZip({ items: datasetItems, storage }, dataset, res);
    },
  ],
};
