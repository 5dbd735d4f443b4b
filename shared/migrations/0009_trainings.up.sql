-- Trainings: a data set and settings on their way to a version of a model. The data set may be deleted meanwhile.
CREATE TABLE trainings (
  id             text COLLATE "C" PRIMARY KEY,
  dataset_id     text NOT NULL,
  dataset_name   text NOT NULL,
  dataset_hash   text,          -- of the items as they were when the training began
  name           text NOT NULL, -- of the model that it makes
  method         text NOT NULL CHECK (method IN ('head', 'fine-tune', 'scratch')),
  settings       jsonb NOT NULL,
  state          text NOT NULL DEFAULT 'queued'
    CHECK (state IN ('queued', 'preparing', 'training', 'succeeded', 'failed', 'canceled')),
  cancel         text CHECK (cancel IN ('keep', 'discard')), -- asked for while it ran
  progress       jsonb NOT NULL DEFAULT '{}',
  curve          jsonb NOT NULL DEFAULT '[]', -- a point per epoch
  log            jsonb NOT NULL DEFAULT '[]', -- the last lines
  error          text,
  model_version  text,
  metrics        jsonb,
  items          text,          -- key of the blob that lists the items
  checkpoint     text,          -- key of the blob to go on from
  worker         text,
  attempts       integer NOT NULL DEFAULT 0, -- starts; whoever made the last one owns the training
  deaths         integer NOT NULL DEFAULT 0, -- starts whose worker was not heard of again
  created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  created_by     text,
  started_at     timestamptz,
  touched_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at       timestamptz
);
CREATE INDEX trainings_unfinished ON trainings (created_at) WHERE state IN ('queued', 'preparing', 'training');
