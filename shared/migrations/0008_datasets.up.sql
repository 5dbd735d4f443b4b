-- Data sets: images with the class that each shows, to train models on. An image is stored once, whoever uses it.
CREATE TABLE datasets (
  id          text COLLATE "C" PRIMARY KEY,
  name        text NOT NULL UNIQUE,
  description text NOT NULL DEFAULT '',
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  changed_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  created_by  text
);

CREATE TABLE dataset_items (
  id           text COLLATE "C" PRIMARY KEY,
  dataset_id   text COLLATE "C" NOT NULL REFERENCES datasets ON DELETE CASCADE,
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  image_sha256 bytea NOT NULL,
  image_format text NOT NULL,
  image_width  integer NOT NULL,
  image_height integer NOT NULL,
  image_bytes  integer NOT NULL,
  class        text,           -- null: not labelled yet
  split        text CHECK (split IN ('train', 'validation', 'test')), -- null: a training decides
  source       text NOT NULL CHECK (source IN ('upload', 'zip', 'feedback', 'prediction')),
  file_name    text,
  boxes        jsonb,          -- [{ class, bbox }], for detection
  UNIQUE (dataset_id, image_sha256)
);
CREATE INDEX dataset_items_newest ON dataset_items (dataset_id, created_at DESC, id DESC);
CREATE INDEX dataset_items_of_class ON dataset_items (dataset_id, class, created_at DESC, id DESC);
CREATE INDEX dataset_items_of_image ON dataset_items (image_sha256);

-- A zip on its way into a data set. One whose process died is failed by the maintenance.
CREATE TABLE dataset_imports (
  id          text COLLATE "C" PRIMARY KEY,
  dataset_id  text COLLATE "C" NOT NULL REFERENCES datasets ON DELETE CASCADE,
  state       text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'succeeded', 'failed')),
  added       integer NOT NULL DEFAULT 0,
  repeated    integer NOT NULL DEFAULT 0, -- images that the data set had already
  skipped     integer NOT NULL DEFAULT 0,
  report      jsonb NOT NULL DEFAULT '[]', -- the first of what was skipped, with reasons
  error       text,
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  touched_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX dataset_imports_newest ON dataset_imports (dataset_id, created_at DESC);
