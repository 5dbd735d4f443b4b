/** Request ids, and one line per request: failures always, the rest at debug, where it costs nothing until asked for. */
import { randomUUID } from 'node:crypto';
import type { Logger } from '@scry/shared/log';
import type { RequestHandler } from 'express';
import { pinoHttp } from 'pino-http';

const ID = /^[A-Za-z0-9._-]{1,64}$/;

/** Gives every request an id, from its `X-Request-Id` where that is sane, and a logger that carries it. */
export function logRequests(log: Logger): RequestHandler {
  return pinoHttp({
    logger: log,
    quietReqLogger: true,
    genReqId(req, res) {
      const given = req.headers['x-request-id'];
      const id = typeof given === 'string' && ID.test(given) ? given : randomUUID();
      res.setHeader('X-Request-Id', id);
      return id;
    },
    customLogLevel(_req, res, error) {
      if (error || res.statusCode >= 500) return 'error';
      return res.statusCode >= 400 ? 'info' : 'debug';
    },
    serializers: {
      req: (req: { method: string; url: string; remoteAddress: string }) => ({
        method: req.method,
        url: req.url,
        remote: req.remoteAddress,
      }),
      res: (res: { statusCode: number }) => ({ status: res.statusCode }),
    },
  });
}
