/** What a route is: its description, from which it is registered, checked and documented, and its handlers. */
import type { RouteConfig } from '@asteasolutions/zod-to-openapi';
import type { RequestHandler } from 'express';
import type { RouteScope } from '../auth/authorize.js';
import type { Services } from '../services.js';

/** The services of these names: what a route asks for is what it gets. */
export type Needs<Name extends keyof Services> = Pick<Services, Name>;

/** @typeParam Name the services that its handlers need */
export interface Route<Name extends keyof Services = never> {
  /** OpenAPI's words; its path, with {braces}, is also where the handlers are registered. */
  readonly description: RouteConfig;
  /** Who may call; checked before any handler. */
  readonly scope: RouteScope;
  /** Makes the handlers, once per app. */
  readonly handlers: (services: Needs<Name>) => readonly RequestHandler[];
}

/** A route, whatever it needs. */
export type AnyRoute = Route<keyof Services>;

/** OpenAPI's "/v1/{id}" as Express writes it, "/v1/:id". */
export function expressPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}
