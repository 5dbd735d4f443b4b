/** The statements of the predictions table, each about many rows at once. Changes are told by the statement that makes them. */
import { CHANNEL, STOP_CHANNEL } from './change-listener.js';
import { PREDICTION_COLUMNS } from './prediction-row.js';

export const INSERT = `
  INSERT INTO predictions (id, model, model_version, model_label, task, engine, parameters,
                           image_sha256, image_format, image_width, image_height, image_bytes, expires_at)
  SELECT id, model, model_version, model_label, task, engine, parameters,
         decode(sha256, 'hex'), format, width, height, bytes, clock_timestamp() + expires_in * interval '1 second'
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[],
              $7::text[], $8::text[], $9::int[], $10::int[], $11::int[], $12::float8[], $13::text[])
    AS new (id, model, model_version, task, engine, parameters, sha256, format, width, height, bytes, expires_in, model_label)
  ON CONFLICT (id) DO NOTHING
  RETURNING id, created_at AS "createdAt", expires_at AS "expiresAt"`;

/** As INSERT, with a delivery for every new row that asks for one. Of one id twice in a batch, the first counts. */
export const INSERT_WITH_WEBHOOKS = `
  WITH created AS (${INSERT}), requested AS (
    SELECT DISTINCT ON (id) id, url, base_url
    FROM unnest($1::text[], $14::text[], $15::text[]) WITH ORDINALITY AS w (id, url, base_url, place)
    ORDER BY id, place
  ), promised AS (
    INSERT INTO webhook_deliveries (prediction_id, url, base_url)
    SELECT id, url, base_url FROM created JOIN requested USING (id) WHERE url IS NOT NULL
  )
  SELECT * FROM created`;

/**
 * As `ended IS NULL`, but so that PostgreSQL does not think of the index of unfinished predictions: these rows are found
 * by their ids, and that index, read from end to end, would cost more with every prediction that waits.
 */
const NOT_ENDED = `coalesce(ended, '') = ''`;

export const GET = `SELECT ${PREDICTION_COLUMNS} FROM predictions WHERE id = ANY($1::text[])`;

// Rows are locked in the order of their ids, so that two batches that share rows cannot deadlock. The commit is not waited
// for on disk: a claim that a power cut forgets leaves its row queued, and nothing is lost.
export const CLAIM = `
  WITH requested AS (
    SELECT id FROM predictions
    WHERE id = ANY($1::text[]) AND ${NOT_ENDED} AND (expires_at IS NULL OR expires_at > clock_timestamp())
    ORDER BY id FOR UPDATE
  ), claimed AS (
    UPDATE predictions p
    SET started_at = coalesce(p.started_at, clock_timestamp()), touched_at = clock_timestamp(),
        claims = p.claims + 1, worker = $2
    FROM requested WHERE p.id = requested.id
    RETURNING p.id, p.claims
  ), told AS (
    SELECT pg_notify('${CHANNEL}', string_agg(id || ' processing', ',')) FROM claimed WHERE claims = 1 HAVING count(*) > 0
  )
  SELECT id, claims, set_config('synchronous_commit', 'off', true) FROM claimed LEFT JOIN told ON true`;

export const RELEASE = `
  UPDATE predictions SET claims = greatest(claims - 1, 0), touched_at = clock_timestamp()
  WHERE id = ANY($1::text[]) AND ${NOT_ENDED}`;

export const FINISH = `
  WITH results AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::json[], $5::text[], $6::text[], $7::text[], $8::text[],
                         $9::text[], $10::real[], $11::real[], $12::real[], $13::int[], $14::text[])
      AS r (id, ended, code, output, error, top_class, model_version, worker, device, decode_ms, batch_ms, inference_ms, batch_size, engine)
  ), requested AS (
    SELECT id FROM predictions WHERE id = ANY($1::text[]) AND ${NOT_ENDED} ORDER BY id FOR UPDATE
  ), written AS (
    UPDATE predictions p
    SET ended = r.ended, completed_at = clock_timestamp(), touched_at = clock_timestamp(),
        started_at = coalesce(p.started_at, clock_timestamp()),
        code = r.code, output = r.output, error = r.error, top_class = r.top_class, model_version = r.model_version,
        worker = r.worker, engine = coalesce(r.engine, p.engine), device = r.device, decode_ms = r.decode_ms, batch_ms = r.batch_ms,
        inference_ms = r.inference_ms, batch_size = r.batch_size
    FROM results r JOIN requested USING (id) WHERE p.id = r.id
    RETURNING p.id, p.ended
  ), told AS (
    SELECT pg_notify('${CHANNEL}', string_agg(id || ' ' || ended, ',')) FROM written HAVING count(*) > 0
  )
  SELECT id FROM written LEFT JOIN told ON true`;

export const END_EARLY = `
  WITH written AS (
    UPDATE predictions
    SET ended = $2, completed_at = clock_timestamp(), touched_at = clock_timestamp(), code = $3, error = $4
    WHERE id = ANY($1::text[]) AND ${NOT_ENDED}
    RETURNING id, ended
  ), told AS (
    SELECT pg_notify('${CHANNEL}', string_agg(id || ' ' || ended, ',')),
           pg_notify('${STOP_CHANNEL}', string_agg(id || ' ' || ended, ','))
    FROM written HAVING count(*) > 0
  )
  SELECT id FROM written LEFT JOIN told ON true`;

/** Notes the files of rows that are deleted in `gone`, in the same statement, so that they are never forgotten. */
export const NOTE_FILES = `
  INSERT INTO file_removals (prediction_id, model, image_sha256, image_format, top_class)
  SELECT id, model, image_sha256, image_format, top_class FROM gone`;

export const DELETE = `
  WITH gone AS (DELETE FROM predictions WHERE id = $1 RETURNING *), noted AS (${NOTE_FILES})
  SELECT id FROM gone`;
export const COUNT_UNFINISHED = `SELECT model, count(*)::int AS count FROM predictions WHERE ended IS NULL GROUP BY model`;
