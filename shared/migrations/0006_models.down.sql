ALTER TABLE predictions DROP COLUMN model_label;
DROP TABLE model_labels;
DROP TABLE model_versions;
DROP TABLE models;
