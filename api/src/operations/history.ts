/** GET /v1/stats/history: the operators' figures over hours and days. */
import {
  type Bucket,
  historySchema,
  RANGES,
  type Range,
  type StatisticsHistory,
} from '@scry/shared/contracts/statistics';
import {
  type BucketSums,
  type ClassCount,
  classMs,
  type MinuteSums,
  type PredictionMinuteStore,
} from '@scry/shared/database/prediction-minutes';
import { Memo } from '@scry/shared/runtime/memo';
import { z } from 'zod';
import { json, problems } from '../http/describe.js';
import type { Route } from '../http/route.js';
import { check } from '../http/validate.js';

/** As many buckets as a chart has room for. */
const LENGTHS: Readonly<Record<Range, { readonly bucketS: number; readonly count: number }>> = {
  '1h': { bucketS: 60, count: 60 },
  '24h': { bucketS: 600, count: 144 },
  '7d': { bucketS: 3600, count: 168 },
};
const FRESH_MS = 15_000;

/** The time below which a part of all lies. @param times of one bucket, by class */
export function quantileMs(times: readonly ClassCount[], part: number): number | null {
  const all = times.reduce((sum, { count }) => sum + count, 0);
  let below = 0;
  for (const { class: number, count } of times) {
    below += count;
    if (below >= all * part) return classMs(number);
  }
  return null;
}

function bucketOf(at: number, sums: BucketSums | undefined, times: readonly ClassCount[]): Bucket {
  return {
    at,
    succeeded: sums?.succeeded ?? 0,
    failed: sums?.failed ?? 0,
    median_ms: quantileMs(times, 0.5),
    p95_ms: quantileMs(times, 0.95),
    batch_size: sums?.batchSize ?? null,
    unfinished: { ...sums?.unfinished },
  };
}

/** Whole buckets without gaps, oldest first. */
export function historyOf(
  { until, buckets, times, failures }: MinuteSums,
  bucketS: number,
  count: number,
): StatisticsHistory {
  const sums = new Map(buckets.map((one) => [one.bucket, one]));
  const classes = new Map<number, ClassCount[]>();
  for (const one of times) classes.set(one.bucket, [...(classes.get(one.bucket) ?? []), one]);
  return {
    at: until,
    bucket_s: bucketS,
    buckets: Array.from({ length: count }, (_, index) =>
      bucketOf(until - (count - index) * bucketS, sums.get(index), classes.get(index) ?? []),
    ),
    failures: [...failures],
  };
}

/** What charts ask again and again is read at most every quarter of a minute. */
function memos(minutes: PredictionMinuteStore): Record<Range, Memo<StatisticsHistory>> {
  const memo = (range: Range): [Range, Memo<StatisticsHistory>] => {
    const { bucketS, count } = LENGTHS[range];
    const ask = async () => historyOf(await minutes.window(bucketS, count), bucketS, count);
    return [range, new Memo({ ask, freshMs: FRESH_MS })];
  };
  return Object.fromEntries(RANGES.map(memo)) as Record<Range, Memo<StatisticsHistory>>;
}

const querySchema = z.strictObject({ range: z.enum(RANGES).default('1h') });

export const statisticsHistory: Route<'minutes'> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/stats/history',
    operationId: 'statisticsHistory',
    summary: 'How the system did in the last hour, day or week',
    tags: ['operation'],
    request: { query: querySchema },
    responses: {
      200: json(historySchema, 'The figures, up to the last whole minute.'),
      ...problems('invalid-request', 'database-unavailable'),
    },
  },
  handlers: ({ minutes }) => {
    const figures = memos(minutes);
    return [
      async (req, res) => {
        const { range } = check(querySchema, req.query);
        res.set('Cache-Control', 'no-store').json(await figures[range].get());
      },
    ];
  },
};
