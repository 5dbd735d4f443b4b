import { type Database, openDatabase } from '@scry/shared/database/database';
import { FeedbackStore } from '@scry/shared/database/feedback';
import { createDatabase, quiet, type TestDatabase } from '../../../helpers/services.js';

let testDatabase: TestDatabase;
let database: Database;

beforeAll(async () => {
  testDatabase = await createDatabase();
  database = openDatabase(testDatabase.url, { max: 1, name: 'test', log: quiet });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

async function scans(index: string): Promise<number> {
  await database.query('SELECT pg_stat_force_next_flush()');
  const text = 'SELECT idx_scan::int AS scans FROM pg_stat_user_indexes WHERE indexrelname = $1';
  const [row] = await database.query<{ scans: number }>(text, [index]);
  return row?.scans ?? -1;
}

test("a model's feedback is found by the index for it, however much there is of others", async () => {
  await database.query(`
    INSERT INTO predictions (id, model, model_version, task, engine, parameters,
                             image_sha256, image_format, image_width, image_height, image_bytes)
    SELECT 'p' || n, 'any', '1', 'classification', 'onnx', '{}', '\\x00', 'jpeg', 1, 1, 1
    FROM generate_series(1, 5000) n`);
  await database.query(`
    INSERT INTO feedback (prediction_id, model, model_version, label)
    SELECT 'p' || n, CASE WHEN n <= 5 THEN 'rare' ELSE 'usual' END, '1', 'cat' FROM generate_series(1, 5000) n`);
  await database.query('ANALYZE feedback');
  const before = await scans('feedback_newest_of_model');
  const { items } = await new FeedbackStore(database).list({ model: 'rare', limit: 10 });
  expect(items).toHaveLength(5);
  expect((await scans('feedback_newest_of_model')) - before).toBe(1);
});
