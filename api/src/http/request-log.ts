/**
 * Request ids, and one line per request: failures always, the rest at debug, where it costs nothing until asked for.
 * Small on purpose: a logger made for each request took a twelfth of the CPU of one.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from '@scry/shared/runtime/log';
import type { Request, RequestHandler, Response } from 'express';

declare global {
  namespace Express {
    interface Request {
      /** Stands in the answer's X-Request-Id, in problem documents and in the log. */
      id: string;
    }
  }
}

const ID = /^[A-Za-z0-9._-]{1,64}$/;

function level(res: Response): 'error' | 'info' | 'debug' {
  if (res.statusCode >= 500) return 'error';
  return res.statusCode >= 400 ? 'info' : 'debug';
}

/** What the log says of an answer; never headers, for they hold keys. */
function summary(req: Request, res: Response, since: number) {
  return {
    reqId: req.id,
    method: req.method,
    url: req.originalUrl,
    remote: req.ip,
    status: res.statusCode,
    ms: Math.round(performance.now() - since),
    ...(!res.writableFinished && { left: true }), // the client went before the answer was out
  };
}

/** Gives every request an id, from its `X-Request-Id` where that is sane, and logs its answer. */
export function logRequests(log: Logger): RequestHandler {
  return (req, res, next) => {
    const since = performance.now();
    const given = req.headers['x-request-id'];
    req.id = typeof given === 'string' && ID.test(given) ? given : randomUUID();
    res.setHeader('X-Request-Id', req.id);
    res.once('close', () => {
      const at = level(res);
      if (log.isLevelEnabled(at)) log[at](summary(req, res, since), 'answered');
    });
    next();
  };
}
