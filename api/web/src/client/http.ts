/** Requests to the API, with the key where there is one, and its errors as values. */
import { key } from '../state/settings.js';

/** A problem document as far as the page reads it. */
export interface ProblemReport {
  /** The row of the API's table of errors, "too-large"; empty when the answer was something else. */
  readonly name: string;
  /** The server's own sentence, in English. */
  readonly detail: string;
  readonly fields: readonly string[];
  readonly values: Readonly<Record<string, string | number>>;
}

export const NO_REPORT: ProblemReport = { name: '', detail: '', fields: [], values: {} };

/** What went wrong, as the API says it, or as the network does. `status` 0: no answer at all. */
export class RequestFailed extends Error {
  readonly status: number;
  readonly report: ProblemReport;
  /** Seconds to wait before trying again, where the server says so. */
  readonly retryAfterS: number | null;

  constructor(status: number, report: ProblemReport = NO_REPORT, retryAfterS: number | null = null) {
    super(report.detail);
    this.name = 'RequestFailed';
    this.status = status;
    this.report = report;
    this.retryAfterS = retryAfterS;
  }

  /** True when a key, or another one, would help. */
  get needsKey(): boolean {
    return this.status === 401 || this.status === 403;
  }

  /** True when the same request may succeed later: nothing answered, or the server said that it cannot now. */
  get canPass(): boolean {
    const { status, report } = this;
    if (report.name === 'model-not-served') return false;
    return status === 0 || status === 429 || (status >= 502 && status <= 504) || status === 507;
  }
}

export function authorization(withKey = key.value): Record<string, string> {
  return withKey ? { Authorization: `Bearer ${withKey}` } : {};
}

/** The last part of a problem's type, "/problems/too-large". */
const nameOf = (type: unknown): string =>
  typeof type === 'string' && type.startsWith('/problems/') ? type.slice('/problems/'.length) : '';

/** Reads a problem document; of anything else the beginning, as the detail. */
export function readProblem(text: string): ProblemReport {
  try {
    const { type, detail, title, errors, values } = JSON.parse(text) as Record<string, unknown>;
    const fields = Array.isArray(errors) ? errors.map(({ field }: { field: unknown }) => String(field)) : [];
    return {
      name: nameOf(type),
      detail: String(detail ?? title ?? ''),
      fields,
      values: (values ?? {}) as ProblemReport['values'],
    };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    return { ...NO_REPORT, detail: text.slice(0, 200) };
  }
}

/** Makes the error of an answer that is no 2xx. @param retryAfter the header of that name */
export function failureOf(status: number, body: string, retryAfter: string | null): RequestFailed {
  const seconds = Number.parseInt(retryAfter ?? '', 10);
  return new RequestFailed(status, readProblem(body), Number.isNaN(seconds) ? null : seconds);
}

/**
 * Forgets a key that the server does not know any more, so that what is open to everybody goes on without it.
 * @param sent the key that the refused request carried
 * @returns true when the request is worth repeating without a key
 */
export function forgetRefusedKey(status: number, sent: string | null): boolean {
  if (status !== 401 || sent === null) return false;
  if (key.value === sent) key.value = null;
  return true;
}

/** @throws RequestFailed unless the answer is a 2xx; AbortError when the signal fires */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const sent = key.value;
  const headers = { Accept: 'application/json', ...authorization(sent), ...init.headers };
  const response = await fetch(path, { ...init, headers }).catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new RequestFailed(0);
  });
  if (response.ok) return response;
  const failure = failureOf(response.status, await response.text(), response.headers.get('Retry-After'));
  if (forgetRefusedKey(failure.status, sent)) return request(path, init);
  throw failure;
}

/** @throws RequestFailed, AbortError */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await request(path, signal ? { signal } : {});
  return (await response.json()) as T;
}

/** @throws RequestFailed, AbortError */
export async function sendJson<T>(method: 'POST' | 'PUT' | 'PATCH', path: string, body: unknown): Promise<T> {
  const response = await request(path, {
    method,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as T;
}

/** @throws RequestFailed, AbortError */
export const postJson = <T>(path: string, body: unknown): Promise<T> => sendJson('POST', path, body);
