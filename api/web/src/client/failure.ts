/** Errors in plain words, with what to do, in the language of the page. */
import { bytes, count, type Texts } from '../texts/index.js';
import { type ProblemReport, RequestFailed } from './http.js';

/** A problem's values as a person reads them. */
function written(values: ProblemReport['values']): Record<string, string> {
  const write = (name: string, value: string | number) => {
    if (typeof value === 'string') return value;
    return name.endsWith('_bytes') ? bytes(value) : count(value);
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, write(name, value)]));
}

function saidOf({ report, status, retryAfterS }: RequestFailed, t: Texts): string {
  const { name, values, fields, detail } = report;
  if (name === 'invalid-request' && fields.length > 0) return t.problems.fields(fields.join(', '));
  const said = t.problems.named[name]?.(written(values));
  if (said) return said;
  if (detail) return detail; // a kind of problem that this page does not know yet
  return retryAfterS === null && status !== 413 ? t.errors.unknown : t.errors.busyNow;
}

/** One or two sentences for a person. */
export function sentenceFor(error: unknown, t: Texts): string {
  if (!(error instanceof RequestFailed)) return t.errors.unknown;
  if (error.status === 0) return t.errors.network;
  if (error.needsKey && error.report.name === '') return error.status === 401 ? t.key.why : t.key.lacks;
  const wait = error.canPass && error.retryAfterS !== null ? ` ${t.errors.busy(error.retryAfterS)}` : '';
  return `${saidOf(error, t)}${wait}`;
}
