/** The PostgreSQL that `npm start` brings along, and its users. */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { migrate } from '@scry/shared/database/database';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../scripts/lib/embedded-postgres.mjs';
import { quiet } from '../../helpers/services.js';

let folder: string;
let home: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'scry-embedded-'));
  home = path.join(folder, 'postgres');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const start = () => startEmbeddedPostgres({ home, durable: false });

async function run(url: string, ...texts: string[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const text of texts) rows = (await client.query(text)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

const asUser = ({ adminUrl }: EmbeddedPostgres, user: string, password: string) => {
  const url = new URL(adminUrl);
  Object.assign(url, { username: user, password });
  return url.href;
};

async function expectOrdinaryUser({ url }: EmbeddedPostgres): Promise<void> {
  expect(new URL(url).username).toBe('scry');
  const who = 'SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user';
  expect(await run(url, who)).toEqual([{ rolsuper: false, rolcreaterole: false, rolcreatedb: false }]);
  await expect(run(url, "COPY (SELECT 1) TO PROGRAM 'true'")).rejects.toThrow('permission denied');
}

/** Makes the users as they were in earlier versions: "scry" is the superuser that owns everything. */
async function makeOld(server: EmbeddedPostgres, password: string): Promise<void> {
  const helper = asUser(server, 'helper', 'x');
  await run(server.adminUrl, `CREATE ROLE helper SUPERUSER LOGIN PASSWORD 'x'`);
  await run(helper, 'DROP DATABASE scry', 'DROP ROLE scry', 'ALTER ROLE postgres RENAME TO scry');
  await run(helper, `ALTER ROLE scry PASSWORD '${password}'`, 'CREATE DATABASE scry OWNER scry');
  const old = asUser(server, 'scry', password).replace(/postgres$/, 'scry');
  await migrate(old, quiet);
  await run(old, 'CREATE SCHEMA jobs', 'CREATE TABLE jobs.job (id serial PRIMARY KEY)', 'DROP ROLE helper');
  await server.stop();
}

test('Scry is no superuser, in a new database and in one that an earlier version made', async () => {
  const first = await start();
  await expectOrdinaryUser(first);
  await migrate(first.url, quiet);
  const password = (await readFile(path.join(home, 'password'), 'utf8')).trim();
  await makeOld(first, password);
  await rm(path.join(home, 'superuser-password'));

  const second = await start();
  await expectOrdinaryUser(second);
  await migrate(second.url, quiet);
  await run(
    second.url,
    'ALTER TABLE predictions ADD COLUMN extra int',
    'DELETE FROM scry_migrations WHERE false',
  );
  await run(second.url, 'INSERT INTO jobs.job DEFAULT VALUES', 'ALTER TABLE jobs.job ADD COLUMN extra int');
  const roles = `SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1`;
  expect(await run(second.adminUrl, roles)).toEqual([{ rolname: 'postgres' }, { rolname: 'scry' }]);
  await second.stop();

  for (const name of ['password', 'superuser-password'])
    expect((await stat(path.join(home, name))).mode & 0o777).toBe(0o600);
  const third = await start();
  expect(third.url.replace(/:\d+\//, '/')).toBe(second.url.replace(/:\d+\//, '/'));
  await third.stop();
});
