/** Images that Scry has seen become items: those of predictions, and those whose answers were reported wrong. */
import { classNameSchema, itemSchema, SPLITS } from '@scry/shared/contracts/dataset';
import { plainText } from '@scry/shared/contracts/plain-text';
import express from 'express';
import { z } from 'zod';
import { json, problems } from '../../http/describe.js';
import { Problem } from '../../http/problems.js';
import type { Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import { baseUrl } from '../../predictions/present.js';
import { addFromFeedback } from '../from-feedback.js';
import { addFromPredictions } from '../from-predictions.js';
import { described, newItemFields } from './new-item.js';
import { datasetParams, presentItem } from './views.js';

const access = problems(
  'invalid-request',
  'invalid-json',
  'unauthorized',
  'forbidden',
  'dataset-not-found',
  'database-unavailable',
);
const body = express.json({ limit: '256kb' });

const fromPredictionSchema = newItemFields
  .extend({ prediction_id: z.string().max(64) })
  .meta({ id: 'ItemFromPrediction' });

export const addPredicted: Route<'datasets' | 'predictions' | 'config'> = {
  scope: 'datasets:write',
  description: {
    method: 'post',
    path: '/v1/datasets/{id}/items/from-prediction',
    operationId: 'addPredicted',
    summary: 'Add the image of a prediction',
    tags: ['data sets'],
    request: {
      params: datasetParams,
      body: { required: true, content: { 'application/json': { schema: fromPredictionSchema } } },
    },
    responses: {
      200: json(itemSchema, 'The data set has this image already; it stays as it was.'),
      201: json(itemSchema, 'The item.'),
      ...access,
      ...problems('prediction-not-found', 'image-gone'),
    },
  },
  handlers: ({ datasets, predictions, config }) => [
    body,
    async (req, res) => {
      const { id } = check(datasetParams, req.params);
      const { prediction_id, ...fields } = check(fromPredictionSchema, req.body ?? {});
      await datasets.get(id);
      const prediction = await predictions.get(prediction_id);
      if (!prediction)
        throw new Problem('prediction-not-found', `There is no prediction "${prediction_id}".`);
      const { item, created } = await datasets.addStored(
        id,
        prediction.image,
        described(fields, 'prediction'),
      );
      res.status(created ? 201 : 200).json(presentItem(item, baseUrl(req, config.PUBLIC_URL)));
    },
  ],
};

const fromPredictionsSchema = z
  .strictObject({
    items: z
      .array(
        z.strictObject({
          prediction_id: z.string().max(64),
          class: classNameSchema.optional(),
          split: z.enum(SPLITS).optional(),
        }),
      )
      .min(1)
      .max(1000),
  })
  .meta({ id: 'ItemsFromPredictions' });

const addedSchema = z
  .object({
    added: z.int(),
    repeated: z.int().describe('Images that the data set had already: they have the class that was given.'),
    skipped: z.array(z.object({ prediction_id: z.string(), reason: z.string() })),
  })
  .meta({ id: 'AddedFromPredictions' });

export const addAllPredicted: Route<'datasets' | 'predictions'> = {
  scope: 'datasets:write',
  description: {
    method: 'post',
    path: '/v1/datasets/{id}/items/from-predictions',
    operationId: 'addAllPredicted',
    summary: 'Add the images of predictions, each with its class',
    tags: ['data sets'],
    request: {
      params: datasetParams,
      body: { required: true, content: { 'application/json': { schema: fromPredictionsSchema } } },
    },
    responses: { 200: json(addedSchema, 'What became of them.'), ...access },
  },
  handlers: ({ datasets, predictions }) => [
    body,
    async (req, res) => {
      const { id } = check(datasetParams, req.params);
      const { items } = check(fromPredictionsSchema, req.body ?? {});
      await datasets.get(id);
      res.json(await addFromPredictions({ datasets, predictions }, id, items));
    },
  ],
};

const fromFeedbackSchema = z
  .strictObject({
    model: plainText(z.string().max(64)).optional().describe('Only what was said of this model.'),
  })
  .meta({ id: 'ItemsFromFeedback' });

const countSchema = z.object({
  added: z.int(),
  repeated: z.int().describe('Images that the data set had already: their class is now what was reported.'),
  skipped: z.int().describe('Images that are no longer kept.'),
});

export const addReported: Route<'datasets' | 'feedback' | 'predictions' | 'storage'> = {
  scope: 'datasets:write',
  description: {
    method: 'post',
    path: '/v1/datasets/{id}/items/from-feedback',
    operationId: 'addReported',
    summary: 'Add images whose answers were reported wrong, with the right label',
    tags: ['data sets'],
    request: {
      params: datasetParams,
      body: { required: true, content: { 'application/json': { schema: fromFeedbackSchema } } },
    },
    responses: { 200: json(countSchema, 'What became of them.'), ...access },
  },
  handlers: ({ datasets, feedback, predictions, storage }) => [
    body,
    async (req, res) => {
      const { id } = check(datasetParams, req.params);
      const { model } = check(fromFeedbackSchema, req.body ?? {});
      await datasets.get(id);
      res.json(await addFromFeedback({ datasets, feedback, predictions, storage }, id, model));
    },
  ],
};
