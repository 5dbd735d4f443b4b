-- Failed predictions by their code. Only failures are in it, so no other prediction pays for it.
CREATE INDEX predictions_failed_with ON predictions (code, created_at DESC, id DESC) WHERE ended = 'failed';

-- The failed prediction that this one repeats; one that was repeated is not repeated again.
ALTER TABLE predictions ADD COLUMN retry_of text COLLATE "C";
CREATE UNIQUE INDEX predictions_retry_of ON predictions (retry_of) WHERE retry_of IS NOT NULL;

-- Whether workers take a model's predictions and new ones are accepted: running: both; paused: accepted, and they wait;
-- draining: none is accepted, and those that wait are answered.
ALTER TABLE models ADD COLUMN queue text NOT NULL DEFAULT 'running' CHECK (queue IN ('running', 'paused', 'draining'));

-- What happened in each minute, for charts of hours and days: summed up once from the predictions that ended in it, and kept
-- when these are removed.
CREATE TABLE prediction_minutes (
  at         timestamptz PRIMARY KEY,
  succeeded  integer NOT NULL DEFAULT 0,
  failed     integer NOT NULL DEFAULT 0,
  latency    jsonb NOT NULL DEFAULT '{}', -- of those that succeeded: how many by class of time, see prediction-minutes.ts
  batched    integer NOT NULL DEFAULT 0,  -- predictions that went through a batch
  batches    double precision NOT NULL DEFAULT 0,
  failures   jsonb NOT NULL DEFAULT '{}', -- how many by code
  unfinished jsonb NOT NULL DEFAULT '{}'  -- how many by model, within the minute
);
