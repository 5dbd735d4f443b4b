-- Who wants to be told of a prediction's end. Written with the prediction by one statement, so a promise to tell is
-- never lost; the queue that carries deliveries out can be made again from here.
--
-- A row is open until it has an outcome. It is due when its prediction has ended and `due_at` has passed; whoever
-- takes it moves `due_at` ahead, so that nobody else does while the delivery runs.
CREATE TABLE webhook_deliveries (
  prediction_id text COLLATE "C" PRIMARY KEY REFERENCES predictions ON DELETE CASCADE,
  url           text NOT NULL,
  base_url      text NOT NULL, -- how the client reached the API: for the links in what is delivered
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  due_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  attempts      smallint NOT NULL DEFAULT 0,
  last_status   smallint,
  last_error    text,
  outcome       text CHECK (outcome IN ('delivered', 'given_up')),
  ended_at      timestamptz
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (due_at) WHERE outcome IS NULL;

-- Secrets that an installation makes for itself at its first start.
CREATE TABLE secrets (
  name       text PRIMARY KEY,
  value      text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
