/** Fetches single files by https. Private addresses are refused as they are for webhooks, also where a redirect leads. */
import { Agent, request } from 'undici';
import { AddressRefused, refuseTarget, webhookConnector } from '../../webhooks/address.js';
import { PullProblem } from './pull-problem.js';

const CONNECT_MS = 10_000;
/** Between two pieces of an answer. */
const SILENT_MS = 30_000;
const MOST_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export interface HttpsOptions {
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
}

function checkTarget(url: string, allowPrivate: boolean): void {
  if (new URL(url).protocol !== 'https:' && !allowPrivate)
    throw new PullProblem(`${url} is not https, so that it is not fetched.`);
  const why = refuseTarget(url, allowPrivate, 'which is not fetched from (WEBHOOK_PRIVATE)');
  if (why) throw new PullProblem(`${url} ${why}.`);
}

function explain(url: string, error: unknown): unknown {
  if (error instanceof PullProblem) return error;
  const { host } = new URL(url);
  if (error instanceof AddressRefused)
    return new PullProblem(
      `${host} has a private, loopback or link-local address, which is not fetched from (WEBHOOK_PRIVATE).`,
    );
  const { code, message } = error as NodeJS.ErrnoException;
  return new PullProblem(`${host} cannot be reached (${code ?? message}).`);
}

/**
 * Opens a file.
 * @param onProgress told how many bytes came with each piece
 * @throws PullProblem before the first byte, and while it is read
 */
export async function* fetchFile(
  url: string,
  { allowPrivate, signal }: HttpsOptions,
  onProgress: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const agent = new Agent({
    connect: webhookConnector(allowPrivate, CONNECT_MS),
    headersTimeout: SILENT_MS,
    bodyTimeout: SILENT_MS,
  });
  let at = url;
  try {
    for (let redirects = 0; ; redirects++) {
      checkTarget(at, allowPrivate);
      const { statusCode, headers, body } = await request(at, { dispatcher: agent, signal });
      const { location } = headers;
      if (REDIRECTS.has(statusCode) && typeof location === 'string' && redirects < MOST_REDIRECTS) {
        await body.dump();
        at = new URL(location, at).href;
        continue;
      }
      if (statusCode !== 200) throw new PullProblem(`${new URL(at).host} answered ${statusCode} for ${url}.`);
      for await (const piece of body as AsyncIterable<Uint8Array>) {
        onProgress(piece.length);
        yield piece;
      }
      return;
    }
  } catch (error) {
    throw signal.aborted ? error : explain(at, error);
  } finally {
    await agent.destroy();
  }
}
