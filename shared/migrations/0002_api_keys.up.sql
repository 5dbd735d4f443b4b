-- Keys that open the API. Only the hash of a key's secret half is kept, so a copy of this table opens nothing.
CREATE TABLE api_keys (
  id           text COLLATE "C" PRIMARY KEY,
  name         text NOT NULL,
  secret_hash  bytea NOT NULL CHECK (length(secret_hash) = 32),
  scopes       text[] NOT NULL CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['predict', 'read', 'admin']),
  created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at   timestamptz,
  revoked_at   timestamptz,
  last_used_at timestamptz,
  -- Made by a starting API because there was no valid key. Of processes that start at once, one may make it.
  first        boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX api_keys_one_first ON api_keys (first) WHERE first AND revoked_at IS NULL;
