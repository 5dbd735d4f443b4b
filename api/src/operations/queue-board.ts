/** Bull Board at /admin/queues: what lies in the queues, to look at, for a key with the scope "admin". */
import { createBullBoard } from '@bull-board/api';
import { ExpressAdapter } from '@bull-board/express';
import { type ErrorRequestHandler, type RequestHandler, Router } from 'express';
import { authorizer } from '../auth/authorize.js';
import { Problem } from '../http/problems.js';
import type { Needs } from '../http/route.js';
import { QueueBoardAdapter } from './queue-board-adapter.js';

const PATH = '/admin/queues';

/** Its own styles are inline; its fonts, from elsewhere, stay there. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const CHALLENGE = 'Basic realm="Scry: any name, and a key as the password", charset="UTF-8"';

/** A browser can ask for a password, but send no bearer: the password is taken for the key. */
const keyFromPassword: RequestHandler = (req, res, next) => {
  const encoded = /^Basic +(\S+)$/i.exec(req.get('authorization') ?? '')?.[1];
  if (encoded !== undefined) {
    const [, key = ''] = /^[^:]*:(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
    req.headers.authorization = `Bearer ${key}`;
  }
  res.set('Content-Security-Policy', POLICY);
  next();
};

const askForPassword: ErrorRequestHandler = (error: unknown, _req, _res, next) => {
  const unknown = error instanceof Problem && error.problem === 'unauthorized';
  next(
    unknown
      ? new Problem('unauthorized', error.message, { headers: { 'WWW-Authenticate': CHALLENGE } })
      : error,
  );
};

/** Read-only: PostgreSQL is the truth, and what was changed here would be undone by job recovery. */
function board({ queues }: Needs<'queues'>, keys: readonly string[]): RequestHandler {
  const server = new ExpressAdapter();
  server.setBasePath(PATH);
  createBullBoard({
    queues: keys.map((key) => new QueueBoardAdapter(queues, key)),
    serverAdapter: server,
    options: { uiConfig: { boardTitle: 'Scry: queues' } },
  });
  return server.getRouter() as RequestHandler;
}

export function queueBoard(services: Needs<'queues' | 'models' | 'authenticator' | 'config'>): Router {
  const router = Router();
  const authorize = authorizer(services.authenticator, services.config);
  let opened: RequestHandler | null = null;
  let shown = '';
  const show: RequestHandler = (req, res, next) => {
    const { keys } = services.models;
    if (!opened || shown !== keys.join()) opened = board(services, keys); // made when somebody looks: few ever do
    shown = keys.join();
    return opened(req, res, next);
  };
  router.use(PATH, keyFromPassword, authorize('admin'), show, askForPassword);
  return router;
}
