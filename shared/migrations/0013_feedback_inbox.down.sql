DELETE FROM feedback WHERE label IS NULL AND comment IS NULL;
ALTER TABLE feedback
  DROP CONSTRAINT feedback_says_something,
  ADD CONSTRAINT feedback_check CHECK (label IS NOT NULL OR comment IS NOT NULL),
  DROP COLUMN wrong,
  DROP COLUMN dataset_id,
  DROP COLUMN state,
  DROP COLUMN boxes;
