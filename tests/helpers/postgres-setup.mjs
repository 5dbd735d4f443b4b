/** One PostgreSQL for a whole jest run; test files take databases of their own from it (see services.ts). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres } from '../../scripts/lib/embedded-postgres.mjs';

export default async function startPostgres() {
  const folder = mkdtempSync(path.join(tmpdir(), 'scry-tests-'));
  const server = await startEmbeddedPostgres({
    home: path.join(folder, 'postgres'),
    connections: 300,
    durable: false,
  });
  process.env.SCRY_TEST_POSTGRES = server.adminUrl;
  globalThis.scryTestPostgres = { server, folder };
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
}
