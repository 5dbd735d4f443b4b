/** Hearing that a client has gone, also when it went before anybody listened. */
import type { Response } from 'express';

/**
 * Calls back once, when the connection of an answer that is not finished closes; at once when it has closed already, as it
 * may have during any `await`.
 * @returns a function that ends the listening
 */
export function onceLeft(res: Response, callback: () => void): () => void {
  if (res.closed) callback();
  else res.once('close', callback);
  return () => res.off('close', callback);
}
