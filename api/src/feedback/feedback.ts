/** POST /v1/predictions/{id}/feedback and GET /v1/feedback: answers that people called wrong, as JSON or CSV. */
import { pipeline } from 'node:stream/promises';
import {
  FEEDBACK_STATES,
  type FeedbackView,
  feedbackSchema,
  feedbackViewSchema,
  type NewFeedback,
} from '@scry/shared/contracts/feedback';
import { plainText } from '@scry/shared/contracts/plain-text';
import type { Feedback, FeedbackFilter, FeedbackStore } from '@scry/shared/database/feedback';
import type { Output } from '@scry/shared/tasks/answer';
import { stringify } from 'csv-stringify';
import express from 'express';
import { z } from 'zod';
import { readCursor, writeCursor } from '../http/cursor.js';
import { idParams, json, problems } from '../http/describe.js';
import { Problem } from '../http/problems.js';
import type { Route } from '../http/route.js';
import { check } from '../http/validate.js';
import { findPrediction } from '../predictions/read/find.js';

/** A label, a comment, a thousand boxes and some room for how JSON writes other scripts. */
const MAX_BODY_BYTES = 512 * 1024;
/** Rows that are read at a time for CSV. */
const CSV_PAGE = 500;

const COLUMNS = [
  'created_at',
  'prediction_id',
  'model',
  'model_version',
  'answer',
  'label',
  'comment',
  'boxes',
  'state',
] as const;

/** As clients see it. */
export function feedbackView(feedback: Feedback): FeedbackView {
  return {
    prediction_id: feedback.predictionId,
    created_at: feedback.createdAt.toISOString(),
    model: feedback.model,
    model_version: feedback.modelVersion,
    answer: feedback.answer,
    label: feedback.label,
    comment: feedback.comment,
    boxes: feedback.boxes && [...feedback.boxes],
    state: feedback.state,
    dataset: feedback.dataset,
  };
}

/** @throws Problem "invalid-request" when something is said of a box that the answer does not have */
function refuseOtherBoxes({ boxes = [] }: NewFeedback, output: Output | null): void {
  const other = boxes.find(({ index }) => output && !output.predictions[index]?.bbox);
  if (!other || !output) return;
  const message = `the answer has no box ${other.index}; its boxes are 0 to ${output.predictions.length - 1}`;
  throw new Problem('invalid-request', `boxes: ${message}.`, { errors: [{ field: 'boxes', message }] });
}

export const giveFeedback: Route<'predictions' | 'feedback'> = {
  scope: 'predict',
  description: {
    method: 'post',
    path: '/v1/predictions/{id}/feedback',
    operationId: 'giveFeedback',
    summary: 'Say that an answer is wrong, and what would have been right',
    description:
      'Of the whole answer, or of single boxes whether each is right. Said again, it replaces what was said before.',
    tags: ['feedback'],
    request: {
      params: idParams,
      body: { required: true, content: { 'application/json': { schema: feedbackSchema } } },
    },
    responses: {
      201: json(feedbackViewSchema, 'It was noted.'),
      ...problems(
        'invalid-request',
        'invalid-json',
        'unauthorized',
        'forbidden',
        'prediction-not-found',
        'not-answered',
        'unsupported-body',
        'database-unavailable',
      ),
    },
  },
  handlers: (services) => [
    express.json({ limit: MAX_BODY_BYTES, inflate: false }),
    async (req, res) => {
      if (!req.is('application/json'))
        throw new Problem('unsupported-body', 'Send JSON: {"label": "…", "comment": "…"}.');
      const said = check(feedbackSchema, req.body);
      const { id, status, output } = await findPrediction(services, req);
      refuseOtherBoxes(said, output);
      const feedback = await services.feedback.record(id, said);
      if (!feedback)
        throw new Problem(
          'not-answered',
          `Only an answer can be wrong, and prediction "${id}" is ${status}.`,
        );
      res.status(201).json(feedbackView(feedback));
    },
  ],
};

const querySchema = z.strictObject({
  model: plainText(z.string().max(64)).optional(),
  state: z.enum(FEEDBACK_STATES).optional(),
  format: z.enum(['json', 'csv']).optional().describe('csv: all rows, not page by page. Or ask with Accept.'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(300).optional().describe('`next` of the page before.'),
});

const pageSchema = z
  .object({
    items: z.array(feedbackViewSchema),
    next: z.string().nullable().describe('Cursor of the next page; null at the end.'),
  })
  .meta({ id: 'FeedbackPage' });

/** "0: right, 3: wrong, 4: platelets" */
function boxesInWords(boxes: Feedback['boxes']): string {
  return (boxes ?? [])
    .map(({ index, correct, label = 'wrong' }) => `${index}: ${correct ? 'right' : label}`)
    .join(', ');
}

async function* allRows(
  store: FeedbackStore,
  filter: Pick<FeedbackFilter, 'model' | 'state'>,
): AsyncGenerator<Record<string, unknown>> {
  let after: { createdAt: string; id: string } | undefined;
  do {
    const page = await store.list({ ...filter, after, limit: CSV_PAGE });
    for (const item of page.items) yield { ...feedbackView(item), boxes: boxesInWords(item.boxes) };
    after = page.next ?? undefined;
  } while (after);
}

export const listFeedback: Route<'feedback'> = {
  scope: 'read',
  description: {
    method: 'get',
    path: '/v1/feedback',
    operationId: 'listFeedback',
    summary: 'What was said, newest first',
    tags: ['feedback'],
    request: { query: querySchema },
    responses: {
      200: {
        description: 'One page as JSON, or everything as CSV.',
        content: { 'application/json': { schema: pageSchema }, 'text/csv': { schema: z.string() } },
      },
      ...problems('invalid-request', 'database-unavailable'),
    },
  },
  handlers: ({ feedback }) => [
    async (req, res) => {
      const { limit, cursor, format, ...filter } = check(querySchema, req.query);
      res.set({ 'Cache-Control': 'private, no-cache', Vary: 'Accept' });
      if ((format ?? (req.accepts(['json', 'csv']) || 'json')) === 'csv') {
        res.attachment('feedback.csv').type('text/csv');
        // Comments come from strangers: a spreadsheet must not take one for a formula.
        const csv = stringify({ header: true, columns: [...COLUMNS], escape_formulas: true, bom: true });
        await pipeline(allRows(feedback, filter), csv, res);
        return;
      }
      const after = cursor === undefined ? undefined : readCursor(cursor);
      const page = await feedback.list({ ...filter, limit, after });
      res.json({ items: page.items.map(feedbackView), next: page.next && writeCursor(page.next) });
    },
  ],
};
