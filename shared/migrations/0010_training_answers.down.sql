ALTER TABLE workers DROP COLUMN roles, DROP COLUMN training;
DROP TABLE training_answers;
