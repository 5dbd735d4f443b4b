/** Stops the run's PostgreSQL; fails when a test file left a database behind. */
import { rmSync } from 'node:fs';
import pg from 'pg';

async function leftOver(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'");
    return rows.map((row) => row.datname);
  } finally {
    await client.end();
  }
}

export default async function stopPostgres() {
  const { server, folder } = globalThis.scryTestPostgres;
  const names = await leftOver(server.adminUrl);
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
  if (names.length > 0) throw new Error(`Tests left databases behind, call drop(): ${names.join(', ')}`);
}
