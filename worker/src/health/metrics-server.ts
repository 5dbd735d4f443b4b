/**
 * Serves a worker's `/metrics` and `/healthz`. No keys are asked for: the figures name models and nothing else, and the
 * address is loopback unless HOST says otherwise.
 *
 *     listening (healthz: 503 "starting") ──(ready)──▶ serving (200 "ok") ──▶ closed
 */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '@scry/shared/runtime/log';
import { SettingProblem } from '@scry/shared/runtime/setting-problem';
import type { Registry } from 'prom-client';

export interface MetricsServer {
  readonly port: number;
  /** From now on the worker takes jobs. */
  ready(): void;
  close(): Promise<void>;
}

/**
 * Starts to listen.
 * @param port 0 takes a free one
 * @throws SettingProblem when the port cannot be had
 */
export async function serveMetrics(
  registry: Registry,
  { host, port, log }: { host: string; port: number; log: Logger },
): Promise<MetricsServer> {
  let isReady = false;
  const answer = async (url: string, res: ServerResponse): Promise<void> => {
    if (url === '/metrics') {
      res.setHeader('Content-Type', registry.contentType).end(await registry.metrics());
    } else if (url === '/healthz') {
      res.writeHead(isReady ? 200 : 503, { 'Content-Type': 'application/json' });
      res.end(JSON.stringify({ status: isReady ? 'ok' : 'starting' }));
    } else {
      res.writeHead(404, { 'Content-Type': 'text/plain' }).end('Here are /metrics and /healthz.\n');
    }
  };
  const server = createServer((req, res) => {
    answer(req.url ?? '', res).catch((error: Error) => {
      log.error({ error }, 'the metrics cannot be shown');
      res.writeHead(500).end();
    });
  });
  server.listen(port, host);
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw new SettingProblem(
      `Metrics cannot be served on port ${port} of ${host} (${error.code}). Set WORKER_PORT to a free port, or to 0 for none.`,
      { cause: error },
    );
  });
  return {
    port: (server.address() as AddressInfo).port,
    ready: () => {
      isReady = true;
    },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
