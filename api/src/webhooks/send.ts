/** Sends one signed message to one target. Source of the signature: Standard Webhooks, standardwebhooks.com. */
import { toPlainText } from '@scry/shared/contracts/plain-text';
import { Webhook } from 'standardwebhooks';
import { Agent, type Dispatcher } from 'undici';
import { webhookConnector } from './address.js';
import { type Attempt, parseRetryAfter } from './schedule.js';

const CONNECT_MS = 5000;
const WHOLE_MS = 15_000;
/** An answer's body says nothing to Scry: so much is read to keep the connection, more ends it. */
const ANSWER_BYTES = 16 * 1024;

export interface Message {
  /** The same for every attempt at one delivery, so that a receiver can tell repetitions. */
  readonly id: string;
  readonly url: string;
  readonly body: string;
}

export class WebhookSender {
  readonly #agent: Agent;
  readonly #signer: Webhook;

  /** @param secret whsec_… or any text of 16 characters and more */
  constructor(secret: string, allowPrivate: boolean) {
    this.#agent = new Agent({
      connect: webhookConnector(allowPrivate, CONNECT_MS),
      connections: 8,
      headersTimeout: WHOLE_MS,
      bodyTimeout: WHOLE_MS,
      maxHeaderSize: 16 * 1024,
      maxResponseSize: -1,
    });
    this.#signer = secret.startsWith('whsec_') ? new Webhook(secret) : new Webhook(secret, { format: 'raw' });
  }

  /** Sends, once. Every way that it may fail is a value; it takes 15 s at the most. */
  async send({ id, url, body }: Message): Promise<Attempt> {
    const now = new Date();
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Scry-Webhooks/1',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': this.#signer.sign(id, now, body),
    };
    try {
      const { origin, pathname, search } = new URL(url);
      const response = await this.#agent.request({
        origin,
        path: `${pathname}${search}`,
        method: 'POST',
        headers,
        body,
        signal: AbortSignal.timeout(WHOLE_MS),
      });
      const retryAfterS = parseRetryAfter(header(response.headers, 'retry-after'), now.getTime());
      // The status is the answer; a body that never ends or breaks off changes nothing about it.
      await response.body.dump({ limit: ANSWER_BYTES }).catch(() => undefined);
      return { status: response.statusCode, retryAfterS };
    } catch (error) {
      return { status: null, error: explain(error) };
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

function header(headers: Dispatcher.ResponseData['headers'], name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${WHOLE_MS / 1000} s`;
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return toPlainText(`${error.message}${cause}`).slice(0, 500); // a target's certificate may speak in it
}
