/**
 * The server that `npm run train` talks to: the one that is named, the one that runs here, or one that is started for it as
 * `npm start` does, on a free port, and stopped when the training is over. What was trained stays in DATA_DIR.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { findDatabaseUrl } from './database-url.mjs';
import { ended, spawnGuarded } from './guarded-process.mjs';
import { root } from './setup.mjs';

const SCOPES = 'datasets:write,train,read';
const GREETING = /^ {2}Page {5}(http:\S+)\/$/;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
/** A key that is not revoked, because this process was killed, ends by itself. */
const KEY_DAYS = '7';
const MOST_LINES = 40;

async function answers(url) {
  return fetch(new URL('/healthz', url)).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** @returns {Promise<{ url: string, stop: () => Promise<void> }>} */
async function startServer() {
  const env = { ...process.env, HOST: '127.0.0.1', PORT: '0' };
  const child = spawnGuarded('TERM', process.execPath, [path.join(root, 'scripts/start.mjs')], { env });
  const lines = [];
  const end = ended(child);
  const greeted = new Promise((resolve) => {
    for (const input of [child.stdout, child.stderr])
      createInterface({ input }).on('line', (line) => {
        lines.push(line);
        lines.splice(0, lines.length - MOST_LINES);
        const [, url] = GREETING.exec(line) ?? [];
        if (url) resolve(url);
      });
  });
  const url = await Promise.race([greeted, end.then(() => null)]);
  if (url === null) throw new Error(`Scry cannot be started:\n${lines.join('\n')}`);
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      await end;
    },
  };
}

function keysCommand(databaseUrl, args) {
  const file = path.join(root, 'api/dist/auth/keys-command.js');
  const env = { ...process.env, DATABASE_URL: databaseUrl };
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`A key for the training cannot be made: ${stderr.trim()}`);
  return stdout;
}

/** Makes a key in the database of this machine. @returns {Promise<{ key: string, revoke: () => void }>} */
async function makeKey(url) {
  const advice = `Name a key with the scopes ${SCOPES}: --key, or SCRY_API_KEY.`;
  if (!LOOPBACK.test(new URL(url).hostname)) throw new Error(`${url} is not this machine. ${advice}`);
  const databaseUrl = await findDatabaseUrl();
  if (databaseUrl === null)
    throw new Error(`No database of Scry's is known here to make a key in. ${advice}`);
  const made = ['create', '--name', 'npm run train', '--scopes', SCOPES, '--days', KEY_DAYS];
  const [key] = keysCommand(databaseUrl, made).split('\n');
  return { key, revoke: () => void keysCommand(databaseUrl, ['revoke', key.split('_')[1]]) };
}

/**
 * @param {{ url?: string, key?: string }} given unset: what runs here, and a key that is revoked in the end
 * @returns {Promise<{ url: string, key: string, started: boolean, close: () => Promise<void> }>}
 * @throws Error with a sentence
 */
export async function openServer({ url, key }) {
  await findDatabaseUrl(); // reads .env
  const usual = `http://127.0.0.1:${process.env.PORT || 8080}`;
  const running = url ?? ((await answers(usual)) ? usual : null);
  if (running === null) console.log('No server runs here; starting one for this training.');
  const server = running === null ? await startServer() : { url: running, stop: async () => {} };
  try {
    const own = key ? { key, revoke() {} } : await makeKey(server.url);
    return {
      ...{ url: server.url, key: own.key, started: running === null },
      async close() {
        own.revoke();
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
