/** Trying a key before it is used, and the link that brings one. */
import { keepKey, key } from '../state/settings.js';
import { failureOf, RequestFailed } from './http.js';

/** Readable by everybody who has a valid key, whatever its scopes. */
const PROBE = '/v1/models';

/** Asks the server whether it knows a key. @throws RequestFailed for every other answer than yes or no */
async function isKnown(text: string): Promise<boolean> {
  const headers = { Accept: 'application/json', Authorization: `Bearer ${text}` };
  const response = await fetch(PROBE, { headers }).catch(() => {
    throw new RequestFailed(0);
  });
  if (response.ok) return true;
  if (response.status === 401) return false;
  throw failureOf(response.status, await response.text(), response.headers.get('Retry-After'));
}

/**
 * Uses a key when the server knows it; a mistyped one changes nothing.
 * @param keep beyond this tab
 * @returns whether it is used now
 * @throws RequestFailed when the server cannot be asked
 */
export async function applyKey(text: string, keep: boolean): Promise<boolean> {
  // Headers cannot carry anything else, and no key has it.
  if (!/^[\x21-\x7e]+$/.test(text) || !(await isKnown(text))) return false;
  keepKey.value = keep;
  key.value = text;
  return true;
}

const IN_LINK = /^#key=([\w-]+)$/;

/**
 * Takes the key out of a link such as "/#key=scry_…", which `npm start` prints. What follows "#" never leaves the browser.
 * The address is left without it, so that it is in no history and no copied link.
 */
export function takeKeyFromLink(): void {
  const text = IN_LINK.exec(location.hash)?.[1];
  if (!text) return;
  history.replaceState(null, '', location.pathname + location.search);
  keepKey.value = true;
  key.value = text;
}
