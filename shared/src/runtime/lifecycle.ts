/**
 * How a process ends: asked to (SIGTERM, SIGINT, its starter gone) it stops within a deadline and exits 0; when something
 * nobody expected happens, it says so and exits 1, for its supervisor to start it again.
 *
 *     running ──▶ stopping ──▶ exit 0 (stopped) | exit 0 with a warning (deadline passed) | exit 1 (stopping failed)
 */
import type { Logger } from './log.js';

export interface LifecycleOptions {
  readonly log: Logger;
  /** Deadline for `stop`, milliseconds. */
  readonly deadlineMs: number;
  /** Stops taking work, finishes what runs, closes connections. */
  readonly stop: () => Promise<void>;
  /** When the deadline passes first: what can still be put right quickly. */
  readonly onDeadline?: () => Promise<void>;
}

export interface Lifecycle {
  /** Stops and exits with this code, as a signal would. Asked again it does nothing. */
  shutDown(reason: string, exitCode: number): void;
  /** Tells a parent that listens that this process is ready, and before that on which port. */
  ready(port?: number): void;
}

/** Takes charge of how this process ends. */
export function manageLifecycle({ log, deadlineMs, stop, onDeadline }: LifecycleOptions): Lifecycle {
  let stopping = false;

  const shutDown = (reason: string, exitCode: number): void => {
    if (stopping) return;
    stopping = true;
    log.info({ reason }, 'stopping');
    const timer = setTimeout(() => {
      log.warn({ deadlineMs }, 'not everything stopped in time');
      void (onDeadline?.() ?? Promise.resolve()).finally(() => process.exit(exitCode));
    }, deadlineMs);
    stop().then(
      () => {
        clearTimeout(timer);
        log.info('stopped');
        process.exit(exitCode);
      },
      (error: unknown) => {
        log.error({ error }, 'stopping failed');
        process.exit(1);
      },
    );
  };

  process.once('SIGTERM', () => shutDown('SIGTERM', 0));
  process.once('SIGINT', () => shutDown('SIGINT', 0));
  // A process that was started over IPC must not outlive its starter.
  if (process.send)
    process.once('disconnect', () => shutDown('the process that started this one is gone', 0));
  const onUnexpected = (error: unknown) => {
    log.fatal({ error }, 'unexpected error');
    shutDown('unexpected error', 1);
  };
  process.on('uncaughtException', onUnexpected);
  process.on('unhandledRejection', onUnexpected);

  const ready = (port?: number): void => {
    if (port !== undefined) process.send?.({ port });
    process.send?.('ready');
  };
  return { shutDown, ready };
}
