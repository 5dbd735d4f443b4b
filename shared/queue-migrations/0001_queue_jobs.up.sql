-- Jobs, where the queue is on PostgreSQL. Everything here can be made again from the rows of predictions and webhooks.
--
-- One column says when a job may next be taken: at once; when its waiting is over; when the lock of whoever works on it
-- has run out; never, when it failed for good ('infinity'). So taking jobs of processes that died needs no search.
CREATE TABLE queue_jobs (
  queue         text COLLATE "C" NOT NULL,
  id            text COLLATE "C" NOT NULL,
  data          json NOT NULL,
  added_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
  attempts      smallint NOT NULL,
  keep_failed   boolean NOT NULL,

  due_at        timestamptz NOT NULL,
  wait_ms       bigint NOT NULL DEFAULT 0, -- how far ahead due_at was set: further ahead, the clock was set back since
  token         text,                      -- whose it is while it is worked on
  attempts_made smallint NOT NULL DEFAULT 0,
  deaths        integer NOT NULL DEFAULT 0,
  failed_at     timestamptz,
  failed_reason text,

  PRIMARY KEY (queue, id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE INDEX queue_jobs_due ON queue_jobs (queue, due_at);
