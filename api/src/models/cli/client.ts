/** Requests to a running Scry: problem documents become errors with their sentence. */

/** What the server said, or that it said nothing; one sentence. */
export class RequestFailed extends Error {
  /** 0: there was no answer. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Sent {
  readonly method?: string;
  /** Becomes JSON. */
  readonly body?: unknown;
}

interface Streamed {
  readonly body: AsyncIterable<Uint8Array>;
  readonly contentType: string;
}

async function explain(response: Response): Promise<RequestFailed> {
  const text = await response.text();
  try {
    const { detail } = JSON.parse(text) as { detail?: string };
    if (detail) return new RequestFailed(response.status, detail);
  } catch {
    // something else than Scry answered: its first words say more than nothing
  }
  return new RequestFailed(response.status, `The server answered ${response.status}: ${text.slice(0, 200)}`);
}

export class ScryClient {
  readonly url: string;
  readonly #key: string | null;

  /** @param url without a slash at its end */
  constructor(url: string, key: string | null) {
    this.url = url;
    this.#key = key;
  }

  /** Asks, and reads the answer as JSON. @throws RequestFailed */
  async json<T>(path: string, sent: Sent = {}): Promise<T> {
    return (await (await this.#send(path, sent)).json()) as T;
  }

  /** Asks for something of which the answer says nothing more. @throws RequestFailed */
  async send(path: string, sent: Sent): Promise<void> {
    await (await this.#send(path, sent)).arrayBuffer();
  }

  /** Sends a body piece by piece. @throws RequestFailed */
  async upload<T>(path: string, { body, contentType }: Streamed): Promise<T> {
    const headers = { 'content-type': contentType };
    const init = { method: 'POST', body, headers, duplex: 'half' };
    return (await (await this.#fetch(path, init as unknown as RequestInit)).json()) as T;
  }

  /** Opens the answer's body. @throws RequestFailed */
  async download(path: string): Promise<AsyncIterable<Uint8Array>> {
    const { body } = await this.#fetch(path, {});
    if (!body) throw new RequestFailed(0, `${this.url} sent nothing.`);
    return body as unknown as AsyncIterable<Uint8Array>;
  }

  /** Whether the key is valid there. @throws RequestFailed when nothing can be said */
  async accepts(): Promise<boolean> {
    try {
      await this.json('/v1/models');
      return true;
    } catch (error) {
      if (error instanceof RequestFailed && error.status === 401) return false;
      throw error;
    }
  }

  #send(path: string, { method = 'GET', body }: Sent): Promise<Response> {
    const init =
      body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    return this.#fetch(path, { method, ...init });
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#key !== null) headers.set('authorization', `Bearer ${this.#key}`);
    const response = await fetch(`${this.url}${path}`, { ...init, headers }).catch((error: Error) => {
      const { code, message } = (error.cause ?? error) as NodeJS.ErrnoException;
      throw new RequestFailed(
        0,
        `${this.url} does not answer (${code ?? message}). Is Scry running there? SCRY_URL says where it is.`,
      );
    });
    if (response.ok) return response;
    throw await explain(response);
  }
}
