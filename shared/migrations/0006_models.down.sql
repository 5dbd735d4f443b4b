ALTER TABLE api_keys DROP CONSTRAINT api_keys_scopes_check, ADD CONSTRAINT api_keys_scopes_check
  CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['predict', 'read', 'admin']);
ALTER TABLE predictions DROP COLUMN model_label;
DROP TABLE model_labels;
DROP TABLE model_versions;
DROP TABLE models;
