/** The statements of the tables of models. */
import { STABLE } from '../contracts/version.js';
import { TELL } from './model-changes.js';

export const VERSION = `name, version, id, state, reason, manifest, notes, files, bytes::float8 AS bytes, source, pinned, metrics,
  created_at AS "createdAt", check_tries AS "checkTries", checked_at AS "checkedAt"`;
export const LABEL_COLUMNS = `name, label, version, weight, previous, changed_at AS "changedAt"`;

export const ADD_MODEL = 'INSERT INTO models (name) VALUES ($1) ON CONFLICT DO NOTHING';
/** Whether a new version's name or content is there already; $4 is not looked at, for it is replaced. */
export const FIND_SAME = `
  SELECT 1 FROM model_versions WHERE name = $1 AND (version = $2 OR id = $3) AND version IS DISTINCT FROM $4`;
export const NEXT_NUMBER = `
  SELECT coalesce(max(version::int), 0) + 1 AS number FROM model_versions WHERE name = $1 AND version ~ '^[0-9]{1,9}$'`;
export const CREATE = `
  INSERT INTO model_versions (name, version, id, manifest, files, bytes, source, created_by, wanted_label, wanted_weight, metrics)
  VALUES ($1, $2, $3, $4::jsonb, $5::jsonb, $6, $7, $8, $9, $10, $11::jsonb)
  ON CONFLICT DO NOTHING RETURNING ${VERSION}, ${TELL}`;

/** One check at a time, unless who began the last one has not ended it within its time, or died. */
export const BEGIN_CHECK = `
  UPDATE model_versions SET check_tries = check_tries + 1, check_began_at = clock_timestamp()
  WHERE name = $1 AND version = $2 AND state = 'checking'
    AND ($4 OR check_began_at IS NULL OR check_began_at < clock_timestamp() - $3 * interval '1 second')
  RETURNING ${VERSION}`;
export const BEGIN_UNTRIED = `
  UPDATE model_versions SET check_tries = 1, check_began_at = clock_timestamp()
  WHERE state = 'checking' AND source = 'folder' AND check_tries = 0 AND ($1::text[] IS NULL OR name = ANY($1))
  RETURNING ${VERSION}`;
export const LEAVE_CHECK = `
  UPDATE model_versions SET check_began_at = NULL WHERE name = $1 AND version = $2 AND state = 'checking'`;

/**
 * A version that is ready gets the label it was made for; what the label pointed to stays as `previous`. Its share is at most
 * what other labels leave.
 */
export const ACCEPT = `
  WITH ready AS (
    UPDATE model_versions SET state = 'ready', reason = NULL, manifest = $3::jsonb, notes = $4::jsonb,
      checked_at = clock_timestamp()
    WHERE name = $1 AND version = $2 AND state = 'checking' RETURNING *
  ), labelled AS (
    INSERT INTO model_labels (name, label, version, weight)
    SELECT name, wanted_label, version, greatest(0, least(coalesce(wanted_weight, 0), 100 - (
      SELECT coalesce(sum(weight), 0) FROM model_labels l WHERE l.name = ready.name AND l.label NOT IN (wanted_label, '${STABLE}'))))
    FROM ready WHERE wanted_label IS NOT NULL
    ON CONFLICT (name, label) DO UPDATE SET previous = model_labels.version, version = excluded.version,
      weight = excluded.weight, changed_at = clock_timestamp()
  )
  SELECT ${VERSION}, ${TELL} FROM ready`;

export const REJECT = `
  UPDATE model_versions SET state = 'rejected', reason = $3, checked_at = clock_timestamp()
  WHERE name = $1 AND version = $2 AND state = 'checking' RETURNING ${VERSION}, ${TELL}`;

export const RETIRE = `
  WITH gone AS (DELETE FROM model_labels WHERE name = $1 AND version = $2)
  UPDATE model_versions SET state = 'retired', reason = $3, retired_at = clock_timestamp(), pinned = false
  WHERE name = $1 AND version = $2 AND state = 'ready' RETURNING ${VERSION}, ${TELL}`;

export const PIN = `
  UPDATE model_versions SET pinned = $3 WHERE name = $1 AND version = $2 AND state = 'ready' RETURNING ${VERSION}, ${TELL}`;
export const REMOVE = `DELETE FROM model_versions WHERE name = $1 AND version = $2 RETURNING ${VERSION}, ${TELL}`;
export const REMOVE_ALL = `DELETE FROM model_versions WHERE name = $1 RETURNING ${VERSION}, ${TELL}`;
export const REMOVE_MODEL = `DELETE FROM models m WHERE name = $1
  AND NOT EXISTS (SELECT 1 FROM model_versions v WHERE v.name = m.name) RETURNING ${TELL}`;

/** What keeps a version: labels, as long as another version is ready that they could point to, and predictions that wait. */
export const USES = `
  SELECT ARRAY(SELECT label FROM model_labels WHERE name = $1 AND version = $2 ORDER BY label) AS labels,
    EXISTS (SELECT 1 FROM model_versions WHERE name = $1 AND version <> $2 AND state = 'ready') AS "hasOthers",
    (SELECT count(*)::int FROM predictions WHERE ended IS NULL AND model = $1 AND model_version = $2) AS waiting`;
export const UNUSED_FILES = `
  SELECT sha256 FROM unnest($1::text[]) AS file (sha256) WHERE NOT EXISTS (
    SELECT 1 FROM model_versions WHERE files @> jsonb_build_array(jsonb_build_object('sha256', sha256)))`;
/** Predictions that wait for any version of a model. */
export const WAITING = 'SELECT count(*)::int AS waiting FROM predictions WHERE ended IS NULL AND model = $1';
