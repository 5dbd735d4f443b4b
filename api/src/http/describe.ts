/** Pieces of the routes' descriptions that many share. */
import type { RouteConfig } from '@asteasolutions/zod-to-openapi';
import { predictionSchema } from '@scry/shared/contracts/prediction';
import { z } from 'zod';
import { predictionIdSchema } from '../predictions/create/parse.js';
import { PROBLEMS, type ProblemName } from './problems.js';

export const problemSchema = z
  .object({
    type: z.string().describe('Leads to a description of the problem.'),
    title: z.string(),
    status: z.int(),
    code: z.int().describe('The number that older clients read; 0: no such prediction.'),
    detail: z.string().describe('What is wrong and what to do.'),
    request_id: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
    values: z
      .record(z.string(), z.union([z.string(), z.number()]))
      .optional()
      .describe('What the sentence names, such as max_bytes, for clients that say it in another language.'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem document.' });

type Responses = RouteConfig['responses'];

/** Responses with a problem document, one per status. */
export function problems(...names: ProblemName[]): Responses {
  const byStatus = new Map<number, string[]>();
  for (const name of names) {
    const { status, title } = PROBLEMS[name];
    byStatus.set(status, [...(byStatus.get(status) ?? []), `\`${name}\`: ${title}.`]);
  }
  const content = { 'application/problem+json': { schema: problemSchema } };
  return Object.fromEntries(
    [...byStatus].map(([status, lines]) => [status, { description: lines.join(' '), content }]),
  );
}

/** A response with JSON. */
export function json(schema: z.ZodType, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

export const predictionResponse = (description: string) => json(predictionSchema, description);

/** The path's id. */
export const idParams = z.object({ id: predictionIdSchema });
