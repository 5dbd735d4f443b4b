-- What was said of single boxes, and what became of what was said: open until somebody took it into a data set or dismissed it.
ALTER TABLE feedback
  ADD COLUMN boxes jsonb, -- [{ index, correct, label }]
  ADD COLUMN state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'accepted', 'dismissed')),
  ADD COLUMN dataset_id text COLLATE "C" REFERENCES datasets ON DELETE SET NULL,
  ADD COLUMN wrong boolean NOT NULL
    GENERATED ALWAYS AS (label IS NOT NULL OR comment IS NOT NULL OR boxes @> '[{"correct": false}]') STORED,
  DROP CONSTRAINT feedback_check,
  ADD CONSTRAINT feedback_says_something CHECK (label IS NOT NULL OR comment IS NOT NULL OR boxes IS NOT NULL);
CREATE INDEX feedback_in_state ON feedback (state, created_at DESC, prediction_id DESC);
CREATE INDEX feedback_of_dataset ON feedback (dataset_id) WHERE dataset_id IS NOT NULL;
