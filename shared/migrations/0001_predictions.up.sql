-- One row per prediction; the truth that the queue is only made from.
--
-- Status is derived, not written: a row is queued until it is started, processing until it has ended. Starting a
-- prediction therefore changes no indexed column, and PostgreSQL can do it in place (a heap-only tuple) without
-- touching any index. `ended` and everything about the end are written once, together.
CREATE TABLE predictions (
  id            text COLLATE "C" PRIMARY KEY,
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at    timestamptz,

  model         text NOT NULL,
  model_version text NOT NULL,
  task          text NOT NULL,
  engine        text NOT NULL,
  parameters    jsonb NOT NULL,

  image_sha256  bytea NOT NULL,
  image_format  text NOT NULL,
  image_width   integer NOT NULL,
  image_height  integer NOT NULL,
  image_bytes   integer NOT NULL,

  -- Who works on it. `claims` counts starts that were neither ended nor released: above 1, somebody died on it.
  started_at    timestamptz,
  touched_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  claims        smallint NOT NULL DEFAULT 0,
  worker        text,

  ended         text CHECK (ended IN ('succeeded', 'failed', 'canceled', 'expired')),
  completed_at  timestamptz,
  code          smallint NOT NULL DEFAULT 100,
  output        json,
  error         text,
  top_class     text,
  cached        boolean NOT NULL DEFAULT false,
  device        text,
  decode_ms     real,
  batch_ms      real,
  inference_ms  real,
  batch_size    smallint,

  status        text NOT NULL GENERATED ALWAYS AS
                  (coalesce(ended, CASE WHEN started_at IS NULL THEN 'queued' ELSE 'processing' END)) STORED
) WITH (fillfactor = 80);

-- Listing, newest first, by keyset; with and without a model or a label.
CREATE INDEX predictions_newest ON predictions (created_at DESC, id DESC);
CREATE INDEX predictions_newest_of_model ON predictions (model, created_at DESC, id DESC);
CREATE INDEX predictions_newest_of_class ON predictions (top_class, created_at DESC, id DESC) WHERE top_class IS NOT NULL;
-- Ends other than success are few; successes are found well enough by the indexes above.
CREATE INDEX predictions_ended_otherwise ON predictions (ended, created_at DESC, id DESC)
  WHERE ended IS NOT NULL AND ended <> 'succeeded';
CREATE INDEX predictions_unfinished ON predictions (created_at, id) WHERE ended IS NULL;
CREATE INDEX predictions_expiring ON predictions (expires_at) WHERE ended IS NULL AND expires_at IS NOT NULL;
-- Whether an image is still used, and earlier answers about it.
CREATE INDEX predictions_of_image ON predictions (image_sha256);

-- Workers say here every few seconds that they live and what they serve.
CREATE TABLE workers (
  id         text PRIMARY KEY,
  host       text NOT NULL,
  pid        integer NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  seen_at    timestamptz NOT NULL DEFAULT now(),
  models     json NOT NULL,
  problems   json NOT NULL
);
