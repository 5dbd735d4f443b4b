/** Reads the environment, which nobody else does: the rest of the code gets one frozen, typed object. */
import { type Config, type Read, settings } from './config.js';

/** Whether an address to listen on is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

/** Strangers who may predict without a key could have this server fetch from anywhere in its name. */
function imageUrls(auth: 'open' | 'key', loopback: boolean): 'off' | 'public' {
  return auth === 'open' && !loopback ? 'off' : 'public';
}

/**
 * Reads and checks the environment.
 * @param env normally `process.env`; an empty value counts as unset
 * @throws Error with one line per wrong setting
 */
export function loadConfig(env: NodeJS.ProcessEnv): Config {
  const read: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, { schema, doc, secret: hidden }] of Object.entries(settings)) {
    const text = env[name];
    const parsed = schema.safeParse(text === '' ? undefined : text);
    if (parsed.success) read[name] = parsed.data;
    else
      problems.push(
        `${hidden ? name : `${name}=${text}`}: ${parsed.error.issues.map((issue) => issue.message).join('; ')}. (${doc})`,
      );
  }
  const values = read as unknown as Read;
  if (problems.length === 0 && !values.DATABASE_URL) {
    problems.push(
      'DATABASE_URL is not set. Start Scry with "npm start", which runs a database of its own, or name one: postgres://user:password@host/db',
    );
  }
  if (problems.length > 0) throw new Error(`Settings are wrong:\n  ${problems.join('\n  ')}`);
  const databaseUrl = values.DATABASE_URL as string;
  const loopback = isLoopback(values.HOST);
  const auth = values.AUTH ?? (loopback ? 'open' : 'key');
  return Object.freeze({
    ...values,
    AUTH: auth,
    IMAGE_URLS: values.IMAGE_URLS ?? imageUrls(auth, loopback),
    ALLOWED_HOSTS: values.ALLOWED_HOSTS ?? (auth === 'open' && loopback ? [] : ['*']),
    DATABASE_URL: databaseUrl,
    QUEUE_URL: values.QUEUE_URL ?? databaseUrl,
  });
}
