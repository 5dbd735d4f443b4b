/** What a route is: its description, from which it is registered, checked and documented, and its handlers. */
import type { RouteConfig } from '@asteasolutions/zod-to-openapi';
import type { RequestHandler } from 'express';
import type { RouteScope } from '../auth/authorize.js';
import type { Services } from '../services.js';

export interface Route {
  /** OpenAPI's words; its path, with {braces}, is also where the handlers are registered. */
  readonly description: RouteConfig;
  /** Who may call; checked before any handler. */
  readonly scope: RouteScope;
  /** Makes the handlers, once per app. */
  readonly handlers: (services: Services) => readonly RequestHandler[];
}

/** OpenAPI's "/v1/{id}" as Express writes it, "/v1/:id". */
export function expressPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}
