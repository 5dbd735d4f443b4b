/** Requests to the API, with the key where there is one, and its errors as values with a sentence. */
import { key } from '../state/settings.js';

/** What went wrong, as the API's problem+json says it, or as the network does. `status` 0: no answer at all. */
export class RequestFailed extends Error {
  readonly status: number;
  /** Seconds to wait before trying again, where the server says so. */
  readonly retryAfterS: number | null;

  constructor(status: number, detail: string, retryAfterS: number | null = null) {
    super(detail);
    this.name = 'RequestFailed';
    this.status = status;
    this.retryAfterS = retryAfterS;
  }

  /** True when a key, or another one, would help. */
  get needsKey(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

export function authorization(): Record<string, string> {
  return key.value ? { Authorization: `Bearer ${key.value}` } : {};
}

/** The sentence in a problem+json body; the raw text's beginning when it is something else. */
export function problemSentence(text: string): string {
  try {
    const problem = JSON.parse(text) as { detail?: unknown; title?: unknown };
    if (typeof problem.detail === 'string') return problem.detail;
    if (typeof problem.title === 'string') return problem.title;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return text.slice(0, 200);
}

/** @throws RequestFailed unless the answer is a 2xx; AbortError when the signal fires */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { Accept: 'application/json', ...authorization(), ...init.headers };
  const response = await fetch(path, { ...init, headers }).catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new RequestFailed(0, '');
  });
  if (response.ok) return response;
  const retryAfter = Number(response.headers.get('Retry-After') ?? Number.NaN);
  throw new RequestFailed(
    response.status,
    problemSentence(await response.text()),
    Number.isFinite(retryAfter) ? retryAfter : null,
  );
}

/** @throws RequestFailed, AbortError */
export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await request(path, signal ? { signal } : {});
  return (await response.json()) as T;
}

/** @throws RequestFailed, AbortError */
export async function postJson<T>(path: string, body: unknown): Promise<T> {
  const response = await request(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as T;
}
