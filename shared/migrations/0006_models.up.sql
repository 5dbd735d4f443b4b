-- Models, their versions and the labels that point to them. A version's files are blobs, named here by their hashes.
CREATE TABLE models (
  name       text COLLATE "C" PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE model_versions (
  name        text COLLATE "C" NOT NULL REFERENCES models ON DELETE CASCADE,
  version     text COLLATE "C" NOT NULL,
  -- SHA-256 of the manifest as given and of all files: the same content is the same version.
  id          text NOT NULL,
  state       text NOT NULL DEFAULT 'checking' CHECK (state IN ('checking', 'ready', 'rejected', 'retired')),
  reason      text,                 -- why it was rejected or retired, in a sentence
  manifest    jsonb NOT NULL,       -- as given until it is checked, then as completed
  notes       jsonb NOT NULL DEFAULT '[]', -- what was inferred, and why
  files       jsonb NOT NULL,       -- [{ path, sha256, bytes }]
  bytes       bigint NOT NULL,
  source      text NOT NULL CHECK (source IN ('folder', 'upload', 'catalogue', 'training')),
  -- The label it gets when it is ready, and that label's share of the traffic.
  wanted_label  text,
  wanted_weight real,
  pinned      boolean NOT NULL DEFAULT false,
  metrics     jsonb,
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  created_by  text,
  -- Checks that were begun, and when the last one was: a check whose worker died is begun again.
  check_tries    int NOT NULL DEFAULT 0,
  check_began_at timestamptz,
  checked_at  timestamptz,
  retired_at  timestamptz,
  PRIMARY KEY (name, version),
  UNIQUE (name, id)
);
CREATE INDEX model_versions_checking ON model_versions (created_at) WHERE state = 'checking';

-- `stable` is what a bare name means, less the shares of the other labels. `previous` is what it pointed to before.
CREATE TABLE model_labels (
  name       text COLLATE "C" NOT NULL,
  label      text COLLATE "C" NOT NULL,
  version    text COLLATE "C" NOT NULL,
  weight     real NOT NULL DEFAULT 0 CHECK (weight BETWEEN 0 AND 100),
  previous   text COLLATE "C",
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (name, label),
  FOREIGN KEY (name, version) REFERENCES model_versions ON DELETE CASCADE
);

-- The label through which a prediction got its version; null: it was asked for by its version.
ALTER TABLE predictions ADD COLUMN model_label text;

ALTER TABLE api_keys DROP CONSTRAINT api_keys_scopes_check, ADD CONSTRAINT api_keys_scopes_check
  CHECK (cardinality(scopes) > 0
    AND scopes <@ ARRAY['predict', 'read', 'models:write', 'datasets:write', 'train', 'admin']);
