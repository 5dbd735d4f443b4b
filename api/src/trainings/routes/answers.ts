/** GET /v1/trainings/{id}/answers: what the result answered to the validation images, one by one. */
import { classNameSchema } from '@scry/shared/contracts/dataset';
import { trainingAnswerSchema } from '@scry/shared/contracts/training';
import { z } from 'zod';
import { json, problems } from '../../http/describe.js';
import { Problem } from '../../http/problems.js';
import type { Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import { baseUrl } from '../../predictions/present.js';
import { presentAnswer } from '../present.js';
import { trainingParams } from './trainings.js';

const querySchema = z.strictObject({
  class: classNameSchema.optional().describe('What the images show.'),
  answered: classNameSchema.optional().describe('What was answered.'),
  wrong: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional()
    .describe('Only wrong answers, or only right ones.'),
  order: z
    .enum(['confident', 'unsure'])
    .default('confident')
    .describe('Highest confidence first, or lowest.'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional().describe('`next` of the page before.'),
});

const placeSchema = z.tuple([z.number(), z.string()]);

function placeOf(cursor: string | undefined) {
  if (cursor === undefined) return undefined;
  try {
    const [confidence, item] = placeSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
    return { confidence, item };
  } catch (cause) {
    throw new Problem(
      'invalid-request',
      'cursor: not one that was given out. Take `next` of the page before as it is.',
      { cause },
    );
  }
}

export const listAnswers: Route<'trainings' | 'trainingAnswers' | 'config'> = {
  scope: 'read',
  description: {
    method: 'get',
    path: '/v1/trainings/{id}/answers',
    operationId: 'trainingAnswers',
    summary: 'What the result of a training answered to the images that it was validated on',
    description: 'With `class` and `answered`, the images behind one cell of the confusion matrix.',
    tags: ['trainings'],
    request: { params: trainingParams, query: querySchema },
    responses: {
      200: json(
        z.object({ items: z.array(trainingAnswerSchema), next: z.string().nullable() }),
        'One page; empty for a training without a result.',
      ),
      ...problems(
        'invalid-request',
        'unauthorized',
        'forbidden',
        'training-not-found',
        'database-unavailable',
      ),
    },
  },
  handlers: ({ trainings, trainingAnswers, config }) => [
    async (req, res) => {
      const { cursor, order, ...filter } = check(querySchema, req.query);
      const training = await trainings.get(check(trainingParams, req.params).id);
      const after = placeOf(cursor);
      const { items, next } = await trainingAnswers.list({
        ...filter,
        ...{ training: training.id, unsure: order === 'unsure', after },
      });
      const base = baseUrl(req, config.PUBLIC_URL);
      res.json({
        items: items.map((answer) => presentAnswer(answer, training.datasetId, base)),
        next: next && Buffer.from(JSON.stringify([next.confidence, next.item])).toString('base64url'),
      });
    },
  ],
};
