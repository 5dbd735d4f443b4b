/**
 * The users of the embedded PostgreSQL: "postgres", its superuser, who only makes the other, and "scry", who owns Scry's
 * database and nothing else. Whoever finds a way to run SQL as Scry can then neither read files nor run programs.
 */

/** Whom Scry connects as. */
export const USER = 'scry';
export const SUPERUSER = 'postgres';
const DATABASE = 'scry';

/** Makes the superuser of a database that has "scry" as such; it must go, since nobody can rename himself. */
const HELPER = 'scry_upgrade';

/** Commands that give "scry" what an earlier Scry made as superuser; tables take their sequences along. */
const OWNED_BY_SUPERUSER = `
  SELECT format('ALTER SCHEMA %I OWNER TO ${USER}', nspname) AS command FROM pg_namespace
  WHERE nspowner = '${SUPERUSER}'::regrole AND nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
  UNION ALL
  SELECT format('ALTER %s %s OWNER TO ${USER}',
    CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END,
    c.oid::regclass)
  FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
  WHERE relowner = '${SUPERUSER}'::regrole AND relkind IN ('r', 'p', 'S', 'v', 'm')
    AND nspname !~ '^pg_' AND nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND relkind = 'S' AND deptype IN ('a', 'i'))
  UNION ALL
  SELECT format('ALTER ROUTINE %s OWNER TO ${USER}', p.oid::regprocedure)
  FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
  WHERE proowner = '${SUPERUSER}'::regrole AND nspname !~ '^pg_' AND nspname <> 'information_schema'
  UNION ALL
  SELECT format('ALTER TYPE %s OWNER TO ${USER}', t.oid::regtype)
  FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
  WHERE typowner = '${SUPERUSER}'::regrole AND typtype IN ('e', 'd')
    AND nspname !~ '^pg_' AND nspname <> 'information_schema'`;

/**
 * Runs work on one connection.
 * @param {{ host: string, port: number }} server
 * @param {{ user: string, password: string, database?: string }} as
 * @param {(client: import('pg').Client) => Promise<T>} work
 * @template T
 */
async function withClient(server, { database = 'postgres', ...as }, work) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ ...server, ...as, database });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const createUser = (client, password) =>
  client.query(`CREATE ROLE ${USER} LOGIN PASSWORD ${client.escapeLiteral(password)}`);

/** Earlier versions of Scry had "scry" as superuser: that one becomes "postgres", and a new "scry" is made. */
async function upgrade(server, passwords) {
  await withClient(server, { user: USER, password: passwords.user }, async (client) => {
    const password = client.escapeLiteral(passwords.superuser);
    await client.query(`DROP ROLE IF EXISTS ${HELPER}`);
    await client.query(`CREATE ROLE ${HELPER} SUPERUSER LOGIN PASSWORD ${password}`);
  });
  await withClient(server, { user: HELPER, password: passwords.superuser }, async (client) => {
    await client.query('BEGIN');
    await client.query(`ALTER ROLE ${USER} RENAME TO ${SUPERUSER}`);
    await client.query(`ALTER ROLE ${SUPERUSER} PASSWORD ${client.escapeLiteral(passwords.superuser)}`);
    await createUser(client, passwords.user);
    await client.query('COMMIT');
  });
}

async function superuserWorks(server, password) {
  try {
    await withClient(server, { user: SUPERUSER, password }, async () => undefined);
    return true;
  } catch (error) {
    if (error.code === '28P01') return false; // no such user, or not this password
    throw error;
  }
}

async function makeDatabase(client, password) {
  const users = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [USER]);
  if (users.rowCount === 0) await createUser(client, password);
  const found = await client.query(
    'SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1',
    [DATABASE],
  );
  if (found.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE} OWNER ${USER}`);
  else if (found.rows[0].owner !== USER) await client.query(`ALTER DATABASE ${DATABASE} OWNER TO ${USER}`);
  await client.query(`DROP ROLE IF EXISTS ${HELPER}`);
}

/** Gives "scry" all that there is in its database. */
async function handOver(client) {
  const { rows } = await client.query(OWNED_BY_SUPERUSER);
  for (const { command } of rows) await client.query(command);
}

/**
 * Makes the users and the database that are missing. May be cut off anywhere and done again.
 * @param {{ host: string, port: number }} server
 * @param {{ user: string, superuser: string }} passwords
 */
export async function ensureRoles(server, passwords) {
  if (!(await superuserWorks(server, passwords.superuser))) await upgrade(server, passwords);
  const superuser = { user: SUPERUSER, password: passwords.superuser };
  await withClient(server, superuser, (client) => makeDatabase(client, passwords.user));
  await withClient(server, { ...superuser, database: DATABASE }, handOver);
}
