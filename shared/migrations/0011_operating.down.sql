DROP TABLE prediction_minutes;
ALTER TABLE models DROP COLUMN queue;
DROP INDEX predictions_retry_of;
ALTER TABLE predictions DROP COLUMN retry_of;
DROP INDEX predictions_failed_with;
