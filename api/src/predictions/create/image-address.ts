/**
 * An image at a web address in the place of an upload. It is fetched under the rules of webhooks: only public addresses, judged
 * when a connection is opened, each redirect again; with a limit of time, and of bytes as for an upload. What it is, its bytes say.
 */
import type { ImageStorage, PendingImage } from '@scry/shared/storage/image-storage';
import { ImageTooLarge } from '@scry/shared/storage/image-storage';
import { Agent, type Dispatcher, request } from 'undici';
import { Problem } from '../../http/problems.js';
import { AddressRefused, refuseTarget, webhookConnector } from '../../webhooks/address.js';
import type { Substitute } from './upload.js';

const CONNECT_MS = 5000;
const WHOLE_MS = 20_000;
const MOST_REDIRECTS = 3;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Each may hold a connection for as long as it may take. */
const MOST_AT_ONCE = 32;
const RETRY_AFTER_S = 5;
const LONGEST = 2048;
/** Of an answer that is not wanted: read to keep the connection, more ends it. */
const UNWANTED_BYTES = 16 * 1024;

export interface ImageAddressOptions {
  /** off: none is fetched; any: also from private, loopback and link-local addresses. */
  readonly allowed: 'off' | 'public' | 'any';
  readonly maxBytes: number;
}

const refused = (message: string) =>
  new Problem('invalid-request', `image_url: ${message}.`, { errors: [{ field: 'image_url', message }] });
const notFetched = (detail: string, cause?: unknown) => new Problem('image-not-fetched', detail, { cause });

/** @throws Problem "invalid-request" for what can never be fetched */
function checkAddress(text: unknown, allowPrivate: boolean): URL {
  if (typeof text !== 'string' || text.length > LONGEST || !URL.canParse(text.trim()))
    throw refused('must be an address such as https://example.com/photo.jpg');
  const url = new URL(text.trim());
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw refused('must begin with https:// or http://');
  const why = refuseTarget(url.href, allowPrivate, 'which images are not fetched from (IMAGE_URLS)');
  if (why) throw refused(why);
  return url;
}

/** What a fetch that failed is answered with. */
function explain(host: string, error: unknown): unknown {
  if (error instanceof Problem || error instanceof ImageTooLarge) return error;
  const { cause } = error as Error;
  if (error instanceof AddressRefused || cause instanceof AddressRefused)
    return refused(
      `${host} has a private, loopback or link-local address, which images are not fetched from (IMAGE_URLS)`,
    );
  const { name, code, message } = error as NodeJS.ErrnoException;
  const why =
    name === 'TimeoutError' ? `took longer than ${WHOLE_MS / 1000} s` : `failed (${code ?? message})`;
  return notFetched(`Fetching the image from ${host} ${why}. Send the image itself.`, error);
}

/** Fetches images. Owns its connections. */
export class ImageAddresses {
  readonly #storage: Pick<ImageStorage, 'receive'>;
  readonly #options: ImageAddressOptions;
  readonly #agent: Agent;
  #running = 0;

  constructor(storage: Pick<ImageStorage, 'receive'>, options: ImageAddressOptions) {
    this.#storage = storage;
    this.#options = options;
    this.#agent = new Agent({
      connect: webhookConnector(options.allowed === 'any', CONNECT_MS),
      connections: 8,
      headersTimeout: WHOLE_MS,
      bodyTimeout: WHOLE_MS,
      maxHeaderSize: 16 * 1024,
    });
  }

  get isOn(): boolean {
    return this.#options.allowed !== 'off';
  }

  /** The field "image_url" of a request. */
  get substitute(): Substitute {
    return { field: 'image_url', find: (text, left) => this.#find(text, left) };
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #find(text: unknown, left: AbortSignal): Promise<PendingImage> {
    if (!this.isOn) throw refused('is turned off on this server (IMAGE_URLS); send the image itself');
    const url = checkAddress(text, this.#allowsPrivate);
    if (this.#running >= MOST_AT_ONCE) {
      const headers = { 'Retry-After': String(RETRY_AFTER_S) };
      throw new Problem('overloaded', 'Too many images are being fetched. Try again in some seconds.', {
        headers,
      });
    }
    this.#running++;
    try {
      return await this.#fetch(url, AbortSignal.any([left, AbortSignal.timeout(WHOLE_MS)]));
    } finally {
      this.#running--;
    }
  }

  get #allowsPrivate(): boolean {
    return this.#options.allowed === 'any';
  }

  async #fetch(first: URL, signal: AbortSignal): Promise<PendingImage> {
    let url = first;
    try {
      for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
        const answer = await request(url, {
          dispatcher: this.#agent,
          signal,
          headers: { accept: 'image/*', 'user-agent': 'Scry-Images/1' },
        });
        if (answer.statusCode === 200) return await this.#receive(answer);
        const { location } = answer.headers;
        // A body that never ends or breaks off changes nothing.
        await answer.body.dump({ limit: UNWANTED_BYTES, signal }).catch(() => undefined);
        if (!REDIRECTS.has(answer.statusCode) || typeof location !== 'string')
          throw notFetched(
            `${url.host} answered ${answer.statusCode}. Check the address, or send the image itself.`,
          );
        url = checkAddress(
          URL.canParse(location, url.href) ? new URL(location, url).href : location,
          this.#allowsPrivate,
        );
      }
      throw notFetched(`${first.host} redirects more than ${MOST_REDIRECTS} times. Send the image itself.`);
    } catch (error) {
      throw explain(url.host, signal.aborted ? signal.reason : error);
    }
  }

  async #receive({ headers, body }: Dispatcher.ResponseData): Promise<PendingImage> {
    const { maxBytes } = this.#options;
    try {
      if (Number(headers['content-length'] ?? 0) > maxBytes) throw new ImageTooLarge(maxBytes);
      return await this.#storage.receive(body as AsyncIterable<Buffer>, maxBytes);
    } catch (error) {
      body.on('error', () => undefined).destroy(); // the rest is not read
      throw error;
    }
  }
}
