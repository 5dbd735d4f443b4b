/** What the commands ask a server before they load it. */
import type { ModelList } from '@scry/shared/contracts/model';
import { request } from 'undici';

/**
 * The models to ask: those wanted, or the server's default.
 * @throws Error with a sentence when the server does not answer, or has none of that name
 */
export async function chooseModels(
  url: string,
  wanted: readonly string[],
  apiKey?: string,
): Promise<readonly string[]> {
  const headers = apiKey ? { authorization: `Bearer ${apiKey}` } : {};
  const { statusCode, body } = await request(new URL('/v1/models', url), { headers }).catch(
    (cause: Error) => {
      throw new Error(`${url} does not answer (${cause.message}). Start Scry, or give --url.`, { cause });
    },
  );
  if (statusCode !== 200) {
    throw new Error(`${url}/v1/models answered ${statusCode}. Give --api-key if the server wants one.`);
  }
  const { items, default: preferred } = (await body.json()) as ModelList;
  const known = items.map((model) => model.name);
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Error(`${url} has no model ${unknown.join(', ')}; it has ${known.join(', ') || 'none'}.`);
  }
  if (wanted.length > 0) return wanted;
  if (preferred === null) throw new Error(`${url} serves no model.`);
  return [preferred];
}
