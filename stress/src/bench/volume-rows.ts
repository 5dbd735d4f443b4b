/** Rows by the million, written by PostgreSQL itself. */
import type pg from 'pg';

export interface FillOptions {
  readonly finishedRows: number;
  readonly queuedRows: number;
  readonly served: string;
  readonly waiting: string;
}

/** Finished ones lie in the past, a second apart, of ten models; each with its image and its five classes. */
const FINISHED = `
  INSERT INTO predictions (id, created_at, model, model_version, task, engine, parameters,
                           image_sha256, image_format, image_width, image_height, image_bytes,
                           started_at, touched_at, claims, worker, ended, completed_at, code, output, top_class,
                           device, decode_ms, batch_ms, inference_ms, batch_size)
  SELECT 'finished-' || lpad(n::text, 12, '0'), made, CASE WHEN n % 10 = 0 THEN $2 ELSE 'model-' || n % 10 END, '1',
         'classification', 'onnx', '{}', sha256(n::text::bytea), 'jpeg', 640, 480, 100000,
         made, made, 1, 'worker-1', 'succeeded', made, 200,
         json_build_object('predictions', (
           SELECT json_agg(json_build_object('class_index', c, 'class_name', 'class ' || c, 'confidence', 0.2))
           FROM generate_series(n % 1000, n % 1000 + 4) c)),
         'class ' || n % 1000, 'cpu', 3, 1, 4, 8
  FROM (SELECT n, now() - interval '1 hour' - n * interval '1 second' AS made FROM generate_series(1, $1::int) n) numbered`;

const QUEUED = `
  INSERT INTO predictions (id, created_at, touched_at, model, model_version, task, engine, parameters,
                           image_sha256, image_format, image_width, image_height, image_bytes)
  SELECT 'queued-' || lpad(n::text, 12, '0'), made, made, $2, '1', 'classification', 'onnx', '{}',
         sha256(('q' || n)::bytea), 'jpeg', 640, 480, 100000
  FROM (SELECT n, now() - interval '10 minutes' + n * interval '1 millisecond' AS made
        FROM generate_series(1, $1::int) n) numbered`;

/** Writes the rows and lets PostgreSQL count and tidy them and bring them to disk, as it would in its time. */
export async function fill(client: pg.Client, options: FillOptions): Promise<void> {
  await client.query(FINISHED, [options.finishedRows, options.served]);
  await client.query(QUEUED, [options.queuedRows, options.waiting]);
  await client.query('VACUUM ANALYZE predictions');
  await client.query('CHECKPOINT');
}
