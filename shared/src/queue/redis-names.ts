/** What queues are called on Redis. */
import type { Redis } from 'ioredis';

/** BullMQ refuses ":" in names; a queue of Scry may be called anything. */
export function queueName(queue: string): string {
  return queue.replace(/[%:]/g, (character) => encodeURIComponent(character));
}

/** Where it is told that jobs were added. Channels are shared by all databases of a server, keys are not. */
export function channelName(connection: Redis, queue: string): string {
  return `scry:${connection.options.db ?? 0}:added:${queue}`;
}
