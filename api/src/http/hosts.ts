/**
 * Under which names this server answers, and pages of which origins may use it. A server that asks for no key because only
 * its own machine reaches it is also reached by every page in a browser on that machine: by one that points a name of its
 * own to 127.0.0.1 (DNS rebinding), which shows in Host, and by any other across origins, which shows in Origin.
 */
import type { Config } from '@scry/shared/runtime/config';
import type { Request, RequestHandler } from 'express';
import { Problem } from './problems.js';

type Settings = Pick<Config, 'ALLOWED_HOSTS' | 'PUBLIC_URL'>;

/** A name or address with or without a port, as links can be made from it. */
const HOST = /^(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::\d{1,5})?$/i;
const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** @returns the name in a Host header, in lower case and without its port; null when it is none */
function nameOf(host: string): string | null {
  const name = HOST.exec(host)?.[1];
  return name === undefined ? null : name.toLowerCase().replace(/\.$/, '');
}

/** Node keeps the first of several; what stands before this server may have looked at another. */
function countHosts(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') count++;
  }
  return count;
}

/**
 * Makes the check that stands before everything else.
 * @throws Problem "invalid-request" or "wrong-host", from the handler
 */
export function allowHosts({ ALLOWED_HOSTS: allowed, PUBLIC_URL: publicUrl }: Settings): RequestHandler {
  const names = new Set(allowed.map((name) => name.toLowerCase()));
  if (publicUrl !== undefined) names.add(new URL(publicUrl).hostname);
  const any = names.has('*');
  return (req, _res, next) => {
    const { host } = req.headers;
    if (countHosts(req.rawHeaders) > 1) throw new Problem('invalid-request', 'Host: came more than once.');
    if (host === undefined) return next(); // HTTP/1.0: no browser
    const name = nameOf(host);
    if (name === null) throw new Problem('invalid-request', 'Host: not a name or address.');
    if (any || names.has(name) || LOOPBACK.test(name)) return next();
    const detail = `This server does not answer as "${name}". Call it as localhost, or have its operator name it in PUBLIC_URL or ALLOWED_HOSTS.`;
    throw new Problem('wrong-host', detail);
  };
}

/** Whether a browser says that a page of another origin made this request, and not one that is named as allowed. */
export function isFromOtherOrigin(
  req: Request,
  origins: readonly string[],
  publicUrl: string | undefined,
): boolean {
  const origin = req.get('origin');
  if (origins.includes('*') || (origin !== undefined && origins.includes(origin))) return false;
  if (req.get('sec-fetch-site') === 'cross-site') return true;
  if (origin === undefined) return false;
  if (publicUrl !== undefined && new URL(publicUrl).origin === origin) return false;
  if (!URL.canParse(origin)) return true; // "null"
  const { protocol, host } = new URL(origin);
  const own = `${protocol}//${req.headers.host ?? ''}`;
  return !URL.canParse(own) || new URL(own).host !== host;
}
