/** Whether the queue's server lets Scry in, asked once at the start: a server that is unavailable may come back, a wrong password not. */
import { SettingProblem } from '../runtime/setting-problem.js';

const REFUSED = /^(WRONGPASS|NOAUTH|NOPERM|ERR (AUTH|invalid password))/;
const ANSWER_WITHIN_MS = 2000;

/**
 * @param url QUEUE_URL; PostgreSQL says so itself when Scry connects to it
 * @throws SettingProblem when Redis refuses the user name or the password
 */
export async function checkQueueAccess(url: string): Promise<void> {
  if (!/^rediss?:/.test(url)) return;
  const { Redis } = await import('ioredis');
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: ANSWER_WITHIN_MS,
    commandTimeout: ANSWER_WITHIN_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let refusal: string | null = null;
  const look = ({ message }: Error) => {
    if (REFUSED.test(message)) refusal = message;
  };
  client.on('error', look);
  await client
    .connect()
    .then(() => client.ping())
    .catch(look); // unavailable: it is waited for
  client.disconnect();
  if (refusal !== null)
    throw new SettingProblem(
      `Redis refuses the user name or password in QUEUE_URL (${refusal}). Set QUEUE_URL to redis://user:password@host:port with what Redis expects.`,
    );
}
