/** How long a request may be held, from `Prefer: wait=N` (RFC 7240) or `?wait=N`. */
import type { Request } from 'express';
import { z } from 'zod';

const WAIT = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?/i;

export const waitQuerySchema = z.object({
  wait: z.coerce
    .number()
    .min(0)
    .optional()
    .describe('Hold the answer until the prediction has ended, for so many seconds at the most.'),
});

export interface Wait {
  readonly seconds: number;
  /** True when `Prefer` asked, so that the answer says what came of it. */
  readonly preferred: boolean;
}

/** @param maxS a longer wait than this is shortened to it */
export function waitOf(req: Request, queryWait: number | undefined, maxS: number): Wait {
  const header = req.get('Prefer');
  const preferred = header === undefined ? undefined : WAIT.exec(header)?.[1];
  const seconds = queryWait ?? (preferred === undefined ? 0 : Number(preferred));
  return { seconds: Math.min(seconds, maxS), preferred: preferred !== undefined };
}
