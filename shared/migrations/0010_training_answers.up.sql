-- What the result of a training answered to each image that it was validated on. The item may be gone meanwhile.
CREATE TABLE training_answers (
  training_id text COLLATE "C" NOT NULL REFERENCES trainings ON DELETE CASCADE,
  item_id     text COLLATE "C" NOT NULL,
  class       text NOT NULL,
  answered    text NOT NULL,
  confidence  real NOT NULL,
  PRIMARY KEY (training_id, item_id)
);

-- What a worker does, and the training that it runs now.
ALTER TABLE workers
  ADD COLUMN roles text[] NOT NULL DEFAULT '{predict,train}',
  ADD COLUMN training text;
