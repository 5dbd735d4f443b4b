/** PUT /v1/feedback/{id}: what was said of an answer is taken into a data set, dismissed, or opened again. */
import { classNameSchema, DATASET_ID } from '@scry/shared/contracts/dataset';
import { FEEDBACK_STATES, feedbackViewSchema } from '@scry/shared/contracts/feedback';
import type { Feedback } from '@scry/shared/database/feedback';
import express from 'express';
import { z } from 'zod';
import { idParams, json, problems } from '../http/describe.js';
import { Problem } from '../http/problems.js';
import type { Needs, Route } from '../http/route.js';
import { check } from '../http/validate.js';
import { feedbackView } from './feedback.js';
import { truthOf } from './truth.js';

const requestSchema = z
  .strictObject({
    state: z.enum(FEEDBACK_STATES),
    dataset: z.string().regex(DATASET_ID, 'must be the id of a data set').optional(),
    class: classNameSchema
      .optional()
      .describe('What the image shows; left out: the label that was given, or none.'),
  })
  .meta({ id: 'SettledFeedback' });

type SettleNeeds = 'datasets' | 'feedback' | 'predictions';

const missing = (id: string) =>
  new Problem(
    'feedback-not-found',
    `Nothing was said of prediction "${id}". GET /v1/feedback lists what was.`,
  );

/** Makes the image an item, or gives the item that it is what was said. @throws Problem "image-gone" or "dataset-not-found" */
async function accept(
  { datasets, predictions }: Needs<SettleNeeds>,
  said: Feedback,
  dataset: string,
  chosenClass: string | undefined,
): Promise<void> {
  const prediction = await predictions.get(said.predictionId);
  if (!prediction) throw missing(said.predictionId);
  const { class: named, boxes } = truthOf(said, prediction);
  const truth = { class: chosenClass ?? named, boxes };
  await datasets.get(dataset);
  const { item, created } = await datasets.addStored(dataset, prediction.image, {
    ...{ ...truth, split: null, source: 'feedback', fileName: null },
  });
  if (created) return;
  const fields = { ...(truth.class !== null && { class: truth.class }), ...(boxes && { boxes }) };
  await datasets.changeItems(dataset, [item.id], fields);
}

export const settleFeedback: Route<SettleNeeds> = {
  scope: 'datasets:write',
  description: {
    method: 'put',
    path: '/v1/feedback/{id}',
    operationId: 'settleFeedback',
    summary: 'Take what was said of an answer into a data set, or dismiss it',
    description:
      '`accepted` needs `dataset`: the image becomes an item with the class, and the boxes, that are right. `open` takes it back; the item stays.',
    tags: ['feedback'],
    request: {
      params: idParams,
      body: { required: true, content: { 'application/json': { schema: requestSchema } } },
    },
    responses: {
      200: json(feedbackViewSchema, 'It, as it is now.'),
      ...problems(
        'invalid-request',
        'invalid-json',
        'unauthorized',
        'forbidden',
        'feedback-not-found',
        'dataset-not-found',
        'image-gone',
        'database-unavailable',
      ),
    },
  },
  handlers: (services) => [
    express.json({ limit: '8kb', inflate: false }),
    async (req, res) => {
      const { id } = check(idParams, req.params);
      const { state, dataset, class: chosenClass } = check(requestSchema, req.body ?? {});
      const said = await services.feedback.get(id);
      if (!said) throw missing(id);
      if (state === 'accepted') {
        if (dataset === undefined)
          throw new Problem('invalid-request', 'dataset: name the data set that it goes into.', {
            errors: [{ field: 'dataset', message: 'must be the id of a data set' }],
          });
        await accept(services, said, dataset, chosenClass);
      }
      const now = await services.feedback.settle(id, state, state === 'accepted' ? (dataset ?? null) : null);
      if (!now) throw missing(id);
      res.json(feedbackView(now));
    },
  ],
};
