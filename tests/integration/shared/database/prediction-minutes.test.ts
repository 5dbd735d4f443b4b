import { historyOf } from '@scry/api/operations/history';
import { type Database, openDatabase } from '@scry/shared/database/database';
import { PredictionMinuteStore } from '@scry/shared/database/prediction-minutes';
import { createDatabase, quiet, type TestDatabase } from '../../../helpers/services.js';

let testDatabase: TestDatabase;
let database: Database;
let minutes: PredictionMinuteStore;

beforeEach(async () => {
  testDatabase = await createDatabase();
  database = openDatabase(testDatabase.url, { max: 4, name: 'test', log: quiet });
  minutes = new PredictionMinuteStore(database);
});
afterEach(async () => {
  await database.close();
  await testDatabase.drop();
});

/** Predictions that ended so many minutes ago, each after `ms`. */
function ended(count: number, minutesAgo: number, ms: number, end: string, code: number): Promise<unknown> {
  return database.query(
    `INSERT INTO predictions (id, model, model_version, task, engine, parameters, image_sha256, image_format, image_width,
       image_height, image_bytes, created_at, completed_at, ended, code, batch_size)
     SELECT format('p%s-%s-%s-%s', $2::int, $3::int, $4::text, n), 'any', '1', 'classification', 'onnx', '{}', '\\x00', 'jpeg', 1, 1, 1,
       at - $3::int * interval '1 millisecond', at, $4, $5::int, 4
     FROM generate_series(1, $1::int) n,
       (SELECT date_trunc('minute', now()) - $2::int * interval '1 minute' + interval '20 seconds' AS at) t`,
    [count, minutesAgo, ms, end, code],
  );
}

async function sumUpAll(): Promise<void> {
  while (!(await minutes.sumUp()));
}

const hour = async () => historyOf(await minutes.window(60, 60), 60, 60);

test('minutes that are over are summed up: counts, times, batches and failures by code', async () => {
  await ended(90, 3, 100, 'succeeded', 200);
  await ended(10, 3, 1000, 'succeeded', 200);
  await ended(2, 3, 5, 'failed', 550);
  await ended(1, 50, 5, 'failed', 510);
  await sumUpAll();
  const { buckets, failures, at, bucket_s } = await hour();
  expect(buckets).toHaveLength(60);
  const bucket = buckets.find(({ succeeded }) => succeeded > 0);
  expect(bucket).toMatchObject({ at: at - 3 * bucket_s, succeeded: 100, failed: 2, batch_size: 4 });
  expect((bucket?.median_ms ?? 0) / 100).toBeCloseTo(1, 0.9);
  expect((bucket?.p95_ms ?? 0) / 1000).toBeCloseTo(1, 0.9);
  expect(failures).toEqual([
    { code: 510, count: 1 },
    { code: 550, count: 2 },
  ]);
});

test('summing up again changes nothing, and what came since is added', async () => {
  await ended(5, 4, 10, 'succeeded', 200);
  await sumUpAll();
  await sumUpAll();
  await database.query('DELETE FROM predictions');
  await ended(7, 0, 10, 'succeeded', 200);
  await sumUpAll();
  const { buckets } = await hour();
  expect(buckets.reduce((sum, { succeeded }) => sum + succeeded, 0)).toBe(5);
});

test('how many are unfinished is noted by model', async () => {
  await database.query(
    `INSERT INTO predictions (id, model, model_version, task, engine, parameters, image_sha256, image_format, image_width,
       image_height, image_bytes)
     VALUES ('waiting1', 'leaves', '1', 'classification', 'onnx', '{}', '\\x00', 'jpeg', 1, 1, 1)`,
  );
  await minutes.sample();
  await database.query(`UPDATE prediction_minutes SET at = at - interval '1 minute'`);
  expect((await hour()).buckets.at(-1)).toMatchObject({ unfinished: { leaves: 1 } });
});

test('a week of minutes is read by the index, in sums of hours', async () => {
  await database.query(`
    INSERT INTO prediction_minutes (at, succeeded, failed, latency, failures)
    SELECT date_trunc('minute', now()) - n * interval '1 minute', 60, 1, '{"20": 30, "40": 30}', '{"500": 1}'
    FROM generate_series(1, 40000) n`);
  await database.query('ANALYZE prediction_minutes');
  const { buckets, failures } = historyOf(await minutes.window(3600, 168), 3600, 168);
  expect(buckets.map(({ succeeded }) => succeeded)).toEqual(Array(168).fill(3600));
  expect(failures).toEqual([{ code: 500, count: 168 * 60 }]);
  const [scans] = await database.query<{ seq: number }>(
    `SELECT seq_scan::int AS seq FROM pg_stat_user_tables WHERE relname = 'prediction_minutes'`,
  );
  expect(scans?.seq).toBeLessThanOrEqual(1); // that of ANALYZE
});
