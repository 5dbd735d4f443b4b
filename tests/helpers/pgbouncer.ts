/** PgBouncer before the run's PostgreSQL, for tests; skipped where it is not installed. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ended, spawnGuarded } from '../../scripts/lib/guarded-process.mjs';
import { freePort } from './services.js';

const UNPRIVILEGED = 65534; // PgBouncer refuses to run as root

export interface PgBouncer {
  /** The database's address with PgBouncer in its place. */
  readonly url: string;
  close(): Promise<void>;
}

async function answers(port: number): Promise<void> {
  for (;;) {
    const reached = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (reached) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** @param mode its `pool_mode` @returns null, with a notice, where pgbouncer is not installed */
export async function startPgBouncer(
  databaseUrl: string,
  mode: 'session' | 'transaction',
): Promise<PgBouncer | null> {
  if (spawnSync('pgbouncer', ['--version']).status !== 0) {
    process.stderr.write('pgbouncer is not installed: its tests are skipped (apt-get install pgbouncer)\n');
    return null;
  }
  const server = new URL(databaseUrl);
  const port = await freePort();
  const folder = await mkdtemp(path.join(tmpdir(), 'scry-pgbouncer-'));
  const file = path.join(folder, 'pgbouncer.ini');
  const target = `host=${server.hostname} port=${server.port} user=${server.username} password=${server.password}`;
  const settings = [
    `listen_addr=127.0.0.1\nlisten_port=${port}\nunix_socket_dir=`,
    `auth_type=any\npool_mode=${mode}\ndefault_pool_size=60`,
  ];
  await writeFile(file, `[databases]\n* = ${target}\n[pgbouncer]\n${settings.join('\n')}\n`);
  const root = process.getuid?.() === 0;
  if (root) spawnSync('chown', ['-R', String(UNPRIVILEGED), folder]);
  const user = root ? { uid: UNPRIVILEGED, gid: UNPRIVILEGED } : {};
  const child = spawnGuarded('TERM', 'pgbouncer', [file], { ...user, cwd: '/' });
  const said: string[] = [];
  child.stdout?.resume();
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const outcome = await Promise.race([answers(port), ended(child)]);
  if (outcome !== undefined) throw new Error(`pgbouncer: ${outcome}\n${said.join('')}`);
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.href,
    async close() {
      const end = ended(child);
      child.kill('SIGTERM'); // at once, cutting connections
      await end;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
