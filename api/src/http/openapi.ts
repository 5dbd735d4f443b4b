/** GET /openapi.json and /docs: the OpenAPI document, made from the schemas that check the requests, and its page. */
import { OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi';
import { Router } from 'express';
import swaggerUi from 'swagger-ui-express';
import type { AnyRoute } from './route.js';

const VERSION = '1.0.0';

/** The OpenAPI 3.1 document of some routes. */
export function openApiDocument(routes: readonly AnyRoute[]) {
  const registry = new OpenAPIRegistry();
  for (const { description } of routes) registry.registerPath(description);
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Scry',
      version: VERSION,
      description: 'Upload an image, get an answer from your own model.',
    },
    servers: [{ url: '/' }],
  });
}

/** Routes that show the document. */
export function documents(routes: readonly AnyRoute[]): Router {
  const prepared = Buffer.from(JSON.stringify(openApiDocument(routes))); // one copy, however many are being sent
  const router = Router();
  router.get('/openapi.json', (_req, res) => {
    res.type('json').send(prepared);
  });
  router.use(
    '/docs',
    swaggerUi.serve,
    swaggerUi.setup(undefined, {
      swaggerUrl: '../openapi.json',
      customSiteTitle: 'Scry: API',
      customCss: '.swagger-ui .topbar { display: none }',
    }),
  );
  return router;
}
