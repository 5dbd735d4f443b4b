-- Why a worker cannot take jobs, in a sentence; null: it can.
ALTER TABLE workers ADD COLUMN queue_problem text;

-- When each model was last served by any worker: one that was served lately is expected to come back.
CREATE TABLE served_models (
  name      text COLLATE "C" PRIMARY KEY,
  served_at timestamptz NOT NULL DEFAULT now()
);
