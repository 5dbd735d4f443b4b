/** GET /problems/{name}: what a problem document's `type` leads to. */
import { z } from 'zod';
import { json, problems } from './describe.js';
import { PROBLEMS, Problem } from './problems.js';
import type { Route } from './route.js';

const rowSchema = z
  .object({ name: z.string(), status: z.int(), code: z.int(), title: z.string() })
  .meta({ id: 'ProblemType' });

export const problemType: Route = {
  scope: 'public',
  description: {
    method: 'get',
    path: '/problems/{name}',
    operationId: 'problemType',
    summary: 'What a kind of problem is',
    tags: ['operation'],
    request: { params: z.object({ name: z.string() }) },
    responses: { 200: json(rowSchema, 'The row of the table of errors.'), ...problems('not-found') },
  },
  handlers: () => [
    (req, res) => {
      const name = String(req.params.name);
      if (!Object.hasOwn(PROBLEMS, name)) {
        throw new Problem(
          'not-found',
          `There is no problem "${name}". There are: ${Object.keys(PROBLEMS).join(', ')}.`,
        );
      }
      res.json({ name, ...PROBLEMS[name as keyof typeof PROBLEMS] });
    },
  ],
};
