/**
 * Which addresses a webhook may reach. The check is made on the address that a connection is opened to, so a name
 * that resolves to something else at the second look gains nothing.
 */
import { lookup as resolve } from 'node:dns';
import { isIP, isIPv4, isIPv6, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { buildConnector } from 'undici';

/** An address that webhooks may not reach. */
export class AddressRefused extends Error {
  constructor(address: string) {
    super(`${address} is a private, loopback or link-local address, which webhooks may not reach`);
    this.name = 'AddressRefused';
  }
}

/** All that IANA has given out of IPv6. Outside of it are ::/96 (IPv4 inside, ::1), mapped IPv4, NAT64, local and link-local. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** Within it: protocol assignments with Teredo and ORCHID, documentation, 6to4. Source: IANA's special-purpose registry. */
const SET_APART = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'].map((block) =>
  ipaddr.IPv6.parseCIDR(block),
);

/**
 * True for addresses of the public internet. Everything that IANA's registries set apart is not: private, loopback,
 * link-local, shared, multicast, reserved ones, and the IPv6 forms that carry an IPv4 address inside.
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return ipaddr.IPv4.parse(address).range() === 'unicast';
  if (!isIPv6(address)) return false;
  const parsed = ipaddr.IPv6.parse(address);
  return parsed.match(GLOBAL_UNICAST) && !SET_APART.some((block) => parsed.match(block));
}

/**
 * Why a URL can never be reached, in a sentence; null when it can be tried. Names are looked up later, each time.
 * @param rule who does not reach private addresses, and which setting changes it
 */
export function refuseTarget(
  url: string,
  allowPrivate: boolean,
  rule = 'which webhooks may not reach here (WEBHOOK_PRIVATE)',
): string | null {
  const { hostname, username, password } = new URL(url);
  if (username !== '' || password !== '') return 'must not carry a user name or password';
  const host = hostname.replace(/^\[|\]$/g, '');
  if (!allowPrivate && (host === 'localhost' || (isIP(host) && !isPublicAddress(host))))
    return `is a private, loopback or link-local address, ${rule}`;
  return null;
}

/** Resolves names as usual and leaves out what may not be reached. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 0);
    const allowed = addresses.filter(({ address }) => isPublicAddress(address));
    const [first] = allowed;
    if (!first) return callback(new AddressRefused(hostname), '', 0);
    if (options.all) callback(null, allowed as never, 0);
    else callback(null, first.address, first.family);
  });
};

/** What opens connections for webhooks. @param allowPrivate true lifts the check */
export function webhookConnector(allowPrivate: boolean, timeoutMs: number): buildConnector.connector {
  if (allowPrivate) return buildConnector({ timeout: timeoutMs });
  const connect = buildConnector({ timeout: timeoutMs, lookup: publicLookup });
  return (options, callback) => {
    const host = options.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) && !isPublicAddress(host)) return callback(new AddressRefused(host), null); // a literal is never looked up
    connect(options, (error, socket) => {
      if (error) return callback(error, null);
      const reached = socket.remoteAddress ?? '';
      if (isPublicAddress(reached)) return callback(null, socket);
      socket.destroy();
      callback(new AddressRefused(reached), null);
    });
  };
}
