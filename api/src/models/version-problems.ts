/** What is said when something cannot be done with a version or a label. */
import type { Version } from '@scry/shared/database/model-versions';
import { Problem } from '../http/problem.js';
import { withoutFolders } from './public-text.js';

export const LABEL_HELP =
  'must begin with a lower-case letter, and hold letters, digits, "_" and "-", 32 at the most';

export const VERSION_HELP =
  'must begin with a letter or digit, and hold letters, digits, ".", "_" and "-", 32 characters at the most';

export const invalid = (field: string, message: string) =>
  new Problem('invalid-request', `${field}: ${message}.`, { errors: [{ field, message }] });

/** @param taken percent that other labels have */
export const sharesTooLarge = (taken: number) =>
  invalid('weight', `the shares of all labels may be 100 % together, and others have ${taken} % already`);

export function versionLabelled(name: string, version: string, labels: readonly string[]): Problem {
  const detail = `${name}@${version} is what the label "${labels.join('", "')}" points to. Point it to another version first, roll it back, or remove it.`;
  return new Problem('version-in-use', detail);
}

/** @param what waits for it: a version, or versions of a model */
export function versionAwaited(what: string, predictions: number): Problem {
  const waiting = predictions === 1 ? 'One prediction waits' : `${predictions} predictions wait`;
  const detail = `${waiting} for ${what}. Try again when they are answered; with force=true they are failed with code 560.`;
  return new Problem('version-in-use', detail, { values: { predictions } });
}

/** @param found the version, in a state other than ready; null: there is none */
export function notReady(name: string, version: string, found: Version | null): Problem {
  const detail = found
    ? `${name}@${version} is ${found.state}${found.reason ? `: ${withoutFolders(found.reason)}` : ''}. Only a version that is ready can be used.`
    : `There is no version "${version}" of "${name}". GET /v1/models/${name}/versions lists them.`;
  return new Problem('version-not-found', detail);
}
