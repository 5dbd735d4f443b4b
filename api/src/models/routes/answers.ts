/** GET /v1/models/{name}/versions/{version}/answers: what a version answered lately. */

import { versionKey } from '@scry/shared/contracts/version';
import { versionAnswersSchema } from '@scry/shared/contracts/version-answers';
import type { Answered } from '@scry/shared/database/version-answers';
import { Memo } from '@scry/shared/runtime/memo';
import { json, problems } from '../../http/describe.js';
import type { Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import type { Services } from '../../services.js';
import { versionParams } from './version-view.js';

/** Answers are read whole: 1,800 with a hundred objects each took PostgreSQL 1.2 to 2 s on two busy cores. */
const NEWEST = 500;
const MOST_CLASSES = 100;
const FRESH_MS = 10_000;
/** Versions whose figures are kept; beyond it those asked for first go. */
const MOST_VERSIONS = 200;

/** Reads what versions answered, each at most once in FRESH_MS. */
function recentAnswers(answers: Services['versionAnswers']) {
  const kept = new Map<string, Memo<Answered>>();
  return (name: string, version: string): Promise<Answered> => {
    const key = versionKey(name, version);
    const ask = () => answers.answered(name, version, NEWEST, MOST_CLASSES);
    const memo = kept.get(key) ?? new Memo({ ask, freshMs: FRESH_MS });
    kept.delete(key);
    kept.set(key, memo); // the last one now
    const [first] = kept.keys();
    if (kept.size > MOST_VERSIONS && first !== undefined) kept.delete(first);
    return memo.get();
  };
}

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
  handlers: ({ versions, versionAnswers: answers }) => {
    const recent = recentAnswers(answers);
    return [
      async (req, res) => {
        const { name, version } = check(versionParams, req.params);
        await versions.get(name, version);
        const { predictions, classes, confidences } = await recent(name, version);
        res.json({ model: name, version, predictions, classes, confidences });
      },
    ];
  },
};
