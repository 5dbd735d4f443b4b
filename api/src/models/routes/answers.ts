/** GET /v1/models/{name}/versions/{version}/answers: what a version answered lately. */
import { versionAnswersSchema } from '@scry/shared/contracts/version-answers';
import { json, problems } from '../../http/describe.js';
import type { Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import { versionParams } from './version-view.js';

/** Answers are read whole, up to some kilobytes each: some 100 ms for the longest. */
const NEWEST = 2000;
const MOST_CLASSES = 100;

export const versionAnswers: Route<'versions' | 'versionAnswers'> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/models/{name}/versions/{version}/answers',
    operationId: 'versionAnswers',
    summary: 'What a version answered lately',
    description: `Of the model's newest ${NEWEST} predictions, those that this version answered.`,
    tags: ['models'],
    request: { params: versionParams },
    responses: {
      200: json(versionAnswersSchema, 'Classes and confidences.'),
      ...problems('invalid-request', 'version-not-found', 'database-unavailable'),
    },
  },
  handlers: ({ versions, versionAnswers: answers }) => [
    async (req, res) => {
      const { name, version } = check(versionParams, req.params);
      await versions.get(name, version);
      const { predictions, classes, confidences } = await answers.answered(
        name,
        version,
        NEWEST,
        MOST_CLASSES,
      );
      res.json({ model: name, version, predictions, classes, confidences });
    },
  ],
};
