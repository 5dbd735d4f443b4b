-- What deleted predictions leave on the volume. Written by the statement that deletes the rows, and removed once the
-- files are: whatever dies in between, the files go.
CREATE TABLE file_removals (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  prediction_id text COLLATE "C" NOT NULL,
  model         text NOT NULL,
  image_sha256  bytea NOT NULL,
  image_format  text NOT NULL,
  top_class     text,
  tried_at      timestamptz -- when it could not be done: others go first
);

-- How far the maintenance has come with work that follows the predictions in the order in which they ended.
CREATE TABLE maintenance_progress (
  task         text PRIMARY KEY,
  completed_at timestamptz NOT NULL,
  id           text COLLATE "C" NOT NULL
);
