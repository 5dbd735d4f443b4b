/** Errors in plain words, with what to do. */
import type { Texts } from '../texts/index.js';
import { RequestFailed } from './http.js';

/** One or two sentences for a person. The server's own sentence is used where it has one. */
export function sentenceFor(error: unknown, t: Texts): string {
  if (!(error instanceof RequestFailed)) return t.errors.unknown;
  if (error.status === 0) return t.errors.network;
  if (error.needsKey) return error.status === 401 ? t.key.why : t.key.wrong;
  if (error.status === 413) return error.message || t.errors.tooBig;
  if (error.status === 429 || error.status === 503) {
    const busy = error.retryAfterS === null ? '' : ` ${t.errors.busy(error.retryAfterS)}`;
    return `${error.message}${busy}`.trim() || t.errors.unknown;
  }
  return error.message || t.errors.unknown;
}
