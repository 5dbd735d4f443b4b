/** Structured logging: JSON lines on standard output; secrets never leave the process. */
import { type Logger, pino } from 'pino';

export type { Logger };

/**
 * @param name which process speaks: "api", "worker"
 * @param level one of pino's levels, or "silent"
 */
export function createLogger(name: string, level: string): Logger {
  const options = {
    name,
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: ['req.headers.authorization', 'req.headers["x-api-key"]', 'req.headers.cookie'],
      censor: '[redacted]',
    },
    serializers: { error: pino.stdSerializers.err, err: pino.stdSerializers.err },
  };
  // Synchronous, since pino's asynchronous stream loops for ever at exit when its reader is gone (sonic-boom 4.2).
  return pino(options, pino.destination({ dest: 1, sync: true }));
}
