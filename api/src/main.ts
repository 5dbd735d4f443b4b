/** The API process: reads settings, connects, listens, and drains when asked to stop. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { configureSharp } from '@scry/shared/imaging/libvips';
import { checkQueueAccess } from '@scry/shared/queue/access';
import { manageLifecycle } from '@scry/shared/runtime/lifecycle';
import { loadConfig } from '@scry/shared/runtime/load-config';
import { createLogger } from '@scry/shared/runtime/log';
import { orExit } from '@scry/shared/runtime/setting-problem';
import { ensureFirstKey } from './auth/first-key.js';
import { createApp } from './http/app.js';
import { handleInTurn } from './http/connections.js';
import { openServices } from './services.js';

/** How often open connections are looked at for ones that take too long. */
const CHECK_CONNECTIONS_MS = 2000;
const HEADERS_TIMEOUT_MS = 15_000;
/** Longer than load balancers keep idle connections (60 s is usual), so that they, not we, end them. */
const KEEP_ALIVE_MS = 65_000;

/** Connections that become idle while the server drains stay open until a client closes them: looked for this often. */
const SWEEP_MS = 50;

/** Ends with the last answer that is under way. */
async function drain(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  await closed;
  clearInterval(sweep);
}

const config = loadConfig(process.env);
const log = createLogger('api', config.LOG_LEVEL);
configureSharp(['Svg']);

await orExit(log, checkQueueAccess(config.QUEUE_URL));
const services = await orExit(log, openServices(config, log));
if (config.AUTH === 'key') await ensureFirstKey(services.keys, (text) => process.stdout.write(text));
const server = createServer({
  requestTimeout: config.UPLOAD_TIMEOUT_S * 1000,
  headersTimeout: Math.min(HEADERS_TIMEOUT_MS, config.UPLOAD_TIMEOUT_S * 1000),
  keepAliveTimeout: KEEP_ALIVE_MS,
  connectionsCheckingInterval: CHECK_CONNECTIONS_MS,
});
handleInTurn(server, createApp(services), config.WRITE_TIMEOUT_S * 1000);
const lifecycle = manageLifecycle({
  log,
  deadlineMs: config.SHUTDOWN_TIMEOUT_S * 1000,
  async stop() {
    services.readiness.stop();
    services.waiters.close(); // requests that wait are answered as things stand
    services.trainings.close();
    services.operations.close();
    await drain(server);
    await services.close();
  },
});

server.listen(config.PORT, config.HOST);
await once(server, 'listening');
const { address, port } = server.address() as AddressInfo;
log.info(
  { address, port, queue: config.QUEUE_URL.split(':')[0], models: [...services.models.models.keys()] },
  'listening',
);
services.start();
lifecycle.ready(port);
