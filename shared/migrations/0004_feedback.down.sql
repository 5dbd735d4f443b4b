DROP INDEX predictions_completed;
DROP TABLE feedback;
