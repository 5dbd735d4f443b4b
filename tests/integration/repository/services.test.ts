import { Redis } from 'ioredis';
import pg from 'pg';
import { createDatabase, startRedis } from '../../helpers/services.js';

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test('two test databases are migrated and know nothing of each other', async () => {
  const [first, second] = await Promise.all([createDatabase(), createDatabase()]);
  await query(first.url, 'CREATE TABLE only_here (id int)');
  expect(await query(second.url, "SELECT to_regclass('predictions') IS NOT NULL AS migrated")).toEqual([
    { migrated: true },
  ]);
  await expect(query(second.url, 'SELECT FROM only_here')).rejects.toThrow('does not exist');
  await first.drop();
  await second.drop();
});

test('dropping a database tells who forgot to close a connection to it', async () => {
  const database = await createDatabase();
  const client = new pg.Client({ connectionString: database.url, application_name: 'forgetful' });
  client.on('error', () => undefined); // the forced drop ends it
  await client.connect();
  await expect(database.drop()).rejects.toThrow('forgetful');
  await client.end();
});

test('a Redis keeps its data when it is stopped and started, and loses them when told so', async () => {
  const redis = await startRedis();
  if (!redis) return;
  const client = new Redis(redis.url, { retryStrategy: () => 50 });
  client.on('error', () => undefined); // it is stopped on purpose
  await client.set('kept', 'yes');
  await redis.restart({ data: 'kept' });
  expect(await client.get('kept')).toBe('yes');
  await redis.restart({ data: 'lost' });
  expect(await client.get('kept')).toBeNull();
  client.disconnect();
  await redis.remove();
});
