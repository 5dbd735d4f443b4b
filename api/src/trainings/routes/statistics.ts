/** GET /v1/stats/trainings: the versions that trainings made of each model, with what was measured. */
import {
  TRAINING_STATES,
  type TrainingState,
  trainingStatisticsSchema,
} from '@scry/shared/contracts/training';
import { z } from 'zod';
import { json, problems } from '../../http/describe.js';
import type { Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import { presentTrained } from '../present.js';

const PER_MODEL = 50;
const MOST = 1000;

const querySchema = z.strictObject({
  model: z.string().max(63).optional().describe('Only those of this model.'),
});

export const trainingStatistics: Route<'trainingAnswers'> = {
  scope: 'read',
  description: {
    method: 'get',
    path: '/v1/stats/trainings',
    operationId: 'trainingStatistics',
    summary: 'Versions of models that trainings made, with their loss, accuracy and F1',
    description: `By model, oldest first: the newest ${PER_MODEL} of each.`,
    tags: ['trainings'],
    request: { query: querySchema },
    responses: {
      200: json(trainingStatisticsSchema, 'The figures.'),
      ...problems('invalid-request', 'unauthorized', 'forbidden', 'database-unavailable'),
    },
  },
  handlers: ({ trainingAnswers }) => [
    async (req, res) => {
      const { model } = check(querySchema, req.query);
      const [counts, trained] = await Promise.all([
        trainingAnswers.states(),
        trainingAnswers.trained(model ?? null, PER_MODEL, MOST),
      ]);
      const states = Object.fromEntries(
        TRAINING_STATES.map((state) => [state, counts.get(state) ?? 0]),
      ) as Record<TrainingState, number>;
      const models = [...new Set(trained.map(({ name }) => name))].map((name) => ({
        model: name,
        versions: trained.filter((one) => one.name === name).map(presentTrained),
      }));
      res.json({ states, models });
    },
  ],
};
