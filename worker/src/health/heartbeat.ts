/** Tells the database every few seconds that this worker lives, and in the end that it does not. */
import { BEAT_MS, type WorkerBeat, type WorkerStore } from '@scry/shared/database/workers';
import type { Logger } from '@scry/shared/runtime/log';

export interface Heartbeat {
  /** Says so at once, because something changed. */
  now(): void;
  end(): Promise<void>;
}

/** @param beat what there is to be said now. @throws what the database says of the first one */
export async function keepBeating(
  workers: WorkerStore,
  beat: () => WorkerBeat,
  log: Logger,
): Promise<Heartbeat> {
  await workers.beat(beat());
  const now = () => {
    workers.beat(beat()).catch((error: Error) => log.warn({ error: error.message }, 'heartbeat not written'));
  };
  const timer = setInterval(now, BEAT_MS);
  return {
    now,
    async end() {
      clearInterval(timer);
      await workers.remove(beat().id);
    },
  };
}
