/** The page: static files built from api/web, and their caching. Views are paths of the page and all get index.html. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import compression from 'compression';
import express, { type RequestHandler, Router } from 'express';
import { Problem } from './problems.js';

const BUILT = fileURLToPath(new URL('../../web/dist', import.meta.url));

/** Paths that the page itself makes sense of; see api/web/src/routing/router.tsx. */
const VIEWS = [
  ...['/', '/p/:id', '/history', '/feedback', '/operations'],
  ...['/models', '/models/:name', '/add-model', '/catalogue'],
  ...['/datasets', '/datasets/:id', '/trainings', '/trainings/:id'],
];

/** Nothing from elsewhere and nothing inline; blob: is how an image is shown before it is sent. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Paths that are not the page's, whoever asks. */
const OTHERS = /^\/(v1|docs|problems|assets|samples)(\/|$)|\.\w+$/;

const DAY_MS = 24 * 3600 * 1000;

const sendIndex: RequestHandler = (_req, res) => {
  res.set({
    'Content-Security-Policy': POLICY,
    'Permissions-Policy': 'camera=(self), microphone=(), geolocation=()',
    'Cache-Control': 'no-cache',
  });
  res.sendFile(path.join(BUILT, 'index.html'), { cacheControl: false });
};

/** A person who follows a wrong link gets the page, which leads on; programs get the problem document. */
const sendNotFound: RequestHandler = (req, res, next) => {
  const isNavigation = req.method === 'GET' && (req.get('accept') ?? '').includes('text/html');
  if (!isNavigation || OTHERS.test(req.path)) return next();
  res.status(404);
  sendIndex(req, res, next);
};

const notBuilt: RequestHandler = () => {
  throw new Problem('not-found', 'The page is not built: run "npm run build". The API works; see /docs.');
};

/** Serves the page. Without built files its views say how to build them, and the rest of the app works. */
export function page(): Router {
  const router = Router();
  if (!existsSync(path.join(BUILT, 'index.html'))) {
    router.get(VIEWS, notBuilt);
    return router;
  }
  const files = { index: false, redirect: false } as const;
  const packed = compression();
  router.get(VIEWS, packed, sendIndex);
  // Vite puts a hash of the content into these names.
  router.use(
    '/assets',
    packed,
    express.static(path.join(BUILT, 'assets'), { ...files, immutable: true, maxAge: 365 * DAY_MS }),
  );
  router.use(express.static(BUILT, { ...files, maxAge: DAY_MS }));
  router.use(packed, sendNotFound);
  return router;
}
