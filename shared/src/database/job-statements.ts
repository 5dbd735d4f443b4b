/**
 * The statements of the table of jobs, each about many jobs at once. Their commits are not waited for on disk: what a
 * power cut forgets is made again from the rows of predictions. `now()` and not `clock_timestamp()` is compared with,
 * for only with a time that stands still during a statement PostgreSQL uses the index.
 */

/** Who listens hears of added jobs: "3 queue-name". */
export const ADDED_CHANNEL = 'scry_jobs_added';

const ASYNCHRONOUS = `set_config('synchronous_commit', 'off', true)`;
const MS = `interval '1 millisecond'`;
/** Jobs by queue, id and token, locked in one order, so that two statements that share jobs cannot deadlock. */
const MINE = `
  mine AS (
    SELECT j.queue, j.id FROM queue_jobs j
    JOIN unnest($1::text[], $2::text[], $3::text[]) AS m (queue, id, token)
      ON j.queue = m.queue AND j.id = m.id AND j.token = m.token
    ORDER BY j.queue, j.id FOR UPDATE OF j
  )`;

export const ADD = `
  WITH added AS (
    INSERT INTO queue_jobs (queue, id, data, attempts, keep_failed, due_at, wait_ms)
    SELECT $1, id, data, $4::smallint, $5::boolean, clock_timestamp() + $6::bigint * ${MS}, $6::bigint
    FROM unnest($2::text[], $3::json[]) AS new (id, data)
    ON CONFLICT DO NOTHING
    RETURNING due_at
  ), told AS (
    SELECT pg_notify('${ADDED_CHANNEL}', count(*) || ' ' || $1::text) FROM added WHERE $6::bigint = 0 HAVING count(*) > 0
  )
  SELECT ${ASYNCHRONOUS} FROM (SELECT 1) AS one LEFT JOIN told ON true`;

/** A job with a token whose time has come was taken by somebody who was not heard of again. */
export const TAKE = `
  WITH picked AS (
    SELECT due.queue, due.id FROM unnest($1::text[], $2::int[]) AS want (queue, count)
    CROSS JOIN LATERAL (
      SELECT j.queue, j.id FROM queue_jobs j WHERE j.queue = want.queue AND j.due_at <= now()
      ORDER BY j.due_at LIMIT want.count FOR UPDATE SKIP LOCKED
    ) AS due
  ), taken AS (
    UPDATE queue_jobs j SET deaths = j.deaths + (j.token IS NOT NULL)::int, token = $3,
      due_at = clock_timestamp() + $4::bigint * ${MS}, wait_ms = $4::bigint
    FROM picked p WHERE j.queue = p.queue AND j.id = p.id
    RETURNING j.queue, j.id, j.data, j.attempts, j.attempts_made, j.deaths, j.added_at
  )
  SELECT queue, id, data, attempts, attempts_made AS "attemptsMade", deaths, ${ASYNCHRONOUS} FROM taken ORDER BY added_at`;

export const DONE = `
  WITH ${MINE}, done AS (
    DELETE FROM queue_jobs j USING mine WHERE j.queue = mine.queue AND j.id = mine.id RETURNING j.queue, j.id
  )
  SELECT queue, id, ${ASYNCHRONOUS} FROM done`;

export const RENEW = `
  WITH ${MINE}, renewed AS (
    UPDATE queue_jobs j SET due_at = clock_timestamp() + $4::bigint * ${MS}, wait_ms = $4::bigint
    FROM mine WHERE j.queue = mine.queue AND j.id = mine.id RETURNING j.queue, j.id
  )
  SELECT queue, id, ${ASYNCHRONOUS} FROM renewed`;

export const RELEASE_JOBS = `
  WITH ${MINE}, released AS (
    UPDATE queue_jobs j SET token = NULL, due_at = least(j.added_at, now()), wait_ms = 0
    FROM mine WHERE j.queue = mine.queue AND j.id = mine.id RETURNING j.queue
  ), counted AS (
    SELECT queue, count(*) AS jobs FROM released GROUP BY queue
  )
  SELECT pg_notify('${ADDED_CHANNEL}', jobs || ' ' || queue) FROM counted`;

/** $4: milliseconds; $5: whether it was an attempt; $6: why it failed. */
export const PUT_OFF = `
  WITH ${MINE}
  UPDATE queue_jobs j SET token = NULL, due_at = clock_timestamp() + $4::bigint * ${MS}, wait_ms = $4::bigint,
    attempts_made = j.attempts_made + $5::int, failed_reason = coalesce($6, j.failed_reason)
  FROM mine WHERE j.queue = mine.queue AND j.id = mine.id
  RETURNING j.queue, j.id`;

/** Failed jobs are kept for a day, where they are kept at all. */
export const FAIL = `
  WITH ${MINE}, forgotten AS (
    DELETE FROM queue_jobs old USING mine
    WHERE old.queue = mine.queue AND old.due_at = 'infinity' AND old.failed_at < now() - interval '1 day'
  ), removed AS (
    DELETE FROM queue_jobs j USING mine WHERE j.queue = mine.queue AND j.id = mine.id AND NOT j.keep_failed
    RETURNING j.queue, j.id
  ), kept AS (
    UPDATE queue_jobs j SET token = NULL, due_at = 'infinity', attempts_made = j.attempts_made + 1,
      failed_at = clock_timestamp(), failed_reason = $4
    FROM mine WHERE j.queue = mine.queue AND j.id = mine.id AND j.keep_failed
    RETURNING j.queue, j.id
  )
  SELECT queue, id FROM removed UNION ALL SELECT queue, id FROM kept`;

/** Which queues hold jobs to be taken. Times further ahead than they were set for are put right: the clock was set back. */
export const LOOK = `
  WITH ahead AS (
    UPDATE queue_jobs SET due_at = clock_timestamp() + wait_ms * ${MS}
    WHERE queue = ANY($1::text[]) AND due_at > now() AND due_at < 'infinity' AND due_at > now() + (wait_ms + 1000) * ${MS}
  )
  SELECT want.queue FROM unnest($1::text[]) AS want (queue)
  WHERE EXISTS (SELECT 1 FROM queue_jobs j WHERE j.queue = want.queue AND j.due_at <= now())`;

export const FIND = `
  SELECT j.queue, j.id, j.data, j.failed_at IS NOT NULL AS failed, j.failed_reason AS reason
  FROM queue_jobs j JOIN unnest($1::text[], $2::text[]) AS w (queue, id) ON j.queue = w.queue AND j.id = w.id`;

export const REMOVE_JOB = `
  DELETE FROM queue_jobs WHERE queue = $1 AND id = $2 AND (token IS NULL OR due_at <= now())`;

export const FORGET = `DELETE FROM queue_jobs WHERE queue = $1`;

const STATE = `
  CASE WHEN failed_at IS NOT NULL THEN 'failed' WHEN due_at <= now() THEN 'wait'
       WHEN token IS NOT NULL THEN 'active' ELSE 'delayed' END`;

export const COUNTS = `
  SELECT queue, ${STATE} AS state, count(*)::int AS jobs FROM queue_jobs WHERE queue = ANY($1::text[]) GROUP BY 1, 2`;

export const LIST_JOBS = `
  SELECT id, data, added_at AS "addedAt", attempts_made AS "attemptsMade", failed_at IS NOT NULL AS failed,
         failed_reason AS reason
  FROM queue_jobs WHERE queue = $1 AND ${STATE} = $2 ORDER BY due_at OFFSET $3 LIMIT $4`;
