/** Who may call a route. Every route names its scope, so one without a rule cannot be written. */
import { allows, type Scope } from '@scry/shared/contracts/api-key';
import type { ValidKey } from '@scry/shared/database/api-keys';
import type { Config } from '@scry/shared/runtime/config';
import type { Request, RequestHandler } from 'express';
import { isFromOtherOrigin } from '../http/hosts.js';
import { Problem } from '../http/problems.js';
import type { Authenticator } from './authenticator.js';

/** `public`: anyone. `any`: whoever has a valid key. Else the key must have that scope. */
export type RouteScope = Scope | 'any' | 'public';

/** What AUTH=open lets anyone do: predict, and see what they know the id of. Listing and ruling still need a key. */
const OPEN: ReadonlySet<RouteScope> = new Set<RouteScope>(['predict', 'any']);

declare global {
  namespace Express {
    interface Request {
      /** The id of the key that a request came with, once it was found valid. */
      keyId?: string;
    }
  }
}

type Settings = Pick<Config, 'AUTH' | 'CORS_ORIGINS' | 'PUBLIC_URL'>;

const OTHER_ORIGIN =
  'A page of another origin may not do this without a key. Send a key with the scope "predict", or have the operator name the origin in CORS_ORIGINS.';

const BEARER = /^Bearer +(\S+)$/i;
const CHALLENGE = { 'WWW-Authenticate': 'Bearer realm="scry"' };

/** The key in a request's headers. Never in its URL: those end up in logs and histories. */
export function sentKey(req: Request): string | null {
  const bearer = BEARER.exec(req.get('authorization') ?? '')?.[1];
  return bearer ?? req.get('x-api-key') ?? null;
}

/** @returns the key that a request came with. @throws Problem "unauthorized" when it has none, or one that is not valid */
async function requireKey(authenticator: Authenticator, text: string | null): Promise<ValidKey> {
  if (text === null) {
    const detail = `A key is needed: send it as "Authorization: Bearer scry_…". Make one with "npm run keys -- create".`;
    throw new Problem('unauthorized', detail, { headers: CHALLENGE });
  }
  const key = await authenticator.verify(text);
  if (key) return key;
  const detail = 'The key is not valid: it is mistyped, has expired or was revoked. Ask for another one.';
  throw new Problem('unauthorized', detail, { headers: CHALLENGE });
}

/**
 * Makes the check that stands before a route's handlers.
 * @throws Problem "unauthorized" or "forbidden", from the handler
 */
export function authorizer(
  authenticator: Authenticator,
  { AUTH: mode, CORS_ORIGINS: origins, PUBLIC_URL: publicUrl }: Settings,
) {
  return function authorize(scope: RouteScope): RequestHandler {
    const isOpen = scope === 'public' || (mode === 'open' && OPEN.has(scope));
    return async (req, _res, next) => {
      const text = scope === 'public' ? null : sentKey(req);
      if (text === null && isOpen) {
        if (scope === 'predict' && isFromOtherOrigin(req, origins, publicUrl))
          throw new Problem('forbidden', OTHER_ORIGIN);
        return next();
      }
      const key = await requireKey(authenticator, text);
      if (!isOpen && scope !== 'any' && !allows(key.scopes, scope)) {
        const detail = `The key lacks the scope "${scope}"; it has ${key.scopes.join(', ')}. Use a key that has it.`;
        throw new Problem('forbidden', detail);
      }
      req.keyId = key.id;
      next();
    };
  };
}
