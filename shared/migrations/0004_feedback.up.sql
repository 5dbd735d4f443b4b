-- What people say of answers: which were wrong, and what would have been right. One row per prediction: who thinks
-- again replaces it. It goes with its prediction, for it may say as much about a person as the image does.
CREATE TABLE feedback (
  prediction_id text COLLATE "C" PRIMARY KEY REFERENCES predictions ON DELETE CASCADE,
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  model         text NOT NULL,
  model_version text NOT NULL,
  answer        text, -- the most confident class, as it was; null: nothing was found
  label         text, -- what would have been right
  comment       text,
  CHECK (label IS NOT NULL OR comment IS NOT NULL)
);
CREATE INDEX feedback_newest ON feedback (created_at DESC, prediction_id DESC);
CREATE INDEX feedback_newest_of_model ON feedback (model, created_at DESC, prediction_id DESC);

-- What ended lately, for the operators' figures. Times only grow, so new entries all go to the index's last page.
CREATE INDEX predictions_completed ON predictions (completed_at) WHERE completed_at IS NOT NULL;
