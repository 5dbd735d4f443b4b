DROP TABLE served_models;
ALTER TABLE workers DROP COLUMN queue_problem;
