/** The Express app: what every request passes through, then the routes, then the one error handler. */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import cors from 'cors';
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { authorizer } from '../auth/authorize.js';
import { queueBoard } from '../operations/queue-board.js';
import type { Services } from '../services.js';
import { allowHosts } from './hosts.js';
import { documents } from './openapi.js';
import { page } from './page.js';
import { handleErrors, Problem } from './problems.js';
import { logRequests } from './request-log.js';
import { type AnyRoute, expressPath } from './route.js';
import { routes } from './routes.js';

/** Nothing from elsewhere, and no inline scripts; links to plain http stay as they are, for there may be no https. */
function securityHeaders(sharedWithOthers: boolean): ReadonlyMap<string, string> {
  const secure = helmet({
    contentSecurityPolicy: {
      directives: { upgradeInsecureRequests: null, imgSrc: ["'self'", 'data:', 'blob:'] },
    },
    crossOriginResourcePolicy: { policy: sharedWithOthers ? 'cross-origin' : 'same-origin' },
    strictTransportSecurity: false, // for whoever ends TLS to say
  });
  const headers = new ServerResponse(new IncomingMessage(new Socket()));
  secure(headers.req, headers, (error?: unknown) => {
    if (error) throw error;
  });
  return new Map(Object.entries(headers.getHeaders()).map(([name, value]) => [name, String(value)]));
}

/** Sets headers that are the same for every request; Helmet's thirteen handlers would make them again each time. */
function setHeaders(headers: ReadonlyMap<string, string>): RequestHandler {
  return (_req, res, next) => {
    for (const [name, value] of headers) res.setHeader(name, value);
    next();
  };
}

/** Lets pages of these origins call from a browser; keys travel in headers, so cookies need not. */
function shareWith(origins: readonly string[]): RequestHandler {
  return cors({
    origin: origins.includes('*') ? '*' : [...origins],
    exposedHeaders: ['Location', 'Retry-After', 'ETag', 'Preference-Applied', 'X-Request-Id'],
    maxAge: 3600,
  });
}

/** 405 with the methods there are, for paths that exist. */
function refuseOtherMethods(path: string, all: readonly AnyRoute[]): RequestHandler {
  const methods = all
    .filter(({ description }) => description.path === path)
    .map(({ description }) => description.method.toUpperCase());
  return (req) => {
    const detail = `${req.method} is not for this path: use ${methods.join(' or ')}.`;
    throw new Problem('method-not-allowed', detail, { headers: { Allow: methods.join(', ') } });
  };
}

function register(app: Express, services: Services, all: readonly AnyRoute[]): void {
  const { config, authenticator } = services;
  const authorize = authorizer(authenticator, config);
  for (const { description, scope, handlers } of all)
    app[description.method as 'get'](expressPath(description.path), authorize(scope), ...handlers(services));
  for (const path of new Set(all.map(({ description }) => description.path)))
    app.all(expressPath(path), refuseOtherMethods(path, all));
}

/** Builds the app on services that are open. It owns nothing: closing is its caller's. */
export function createApp(services: Services): Express {
  const { config, log, metrics } = services;
  const origins = config.CORS_ORIGINS;
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', config.TRUST_PROXY);
  app.set('etag', false); // answers that can be fresh say so themselves; hashing every body is CPU for nothing
  app.use(logRequests(log), metrics.timeRequests(), setHeaders(securityHeaders(origins.length > 0)));
  if (origins.length > 0) app.use(shareWith(origins));
  app.use(allowHosts(config));
  register(app, services, routes);
  app.use(documents(routes));
  app.use(queueBoard(services), page());
  app.use((req) => {
    throw new Problem('not-found', `There is nothing at ${req.method} ${req.path}. See /docs.`);
  });
  app.use(handleErrors(log));
  return app;
}
