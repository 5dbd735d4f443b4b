/** Cursors of lists: where the next page begins, opaque to clients so that its content may change. */
import { z } from 'zod';
import { Problem } from './problems.js';

/** A row's place in a list that is ordered by time and id. `createdAt` is PostgreSQL's text of it. */
export interface Place {
  readonly createdAt: string;
  readonly id: string;
}

const cursorSchema = z.tuple([z.string().regex(/^[\d :.+-]{10,40}$/), z.string().max(64)]);

export function writeCursor(place: Place): string {
  return Buffer.from(JSON.stringify([place.createdAt, place.id])).toString('base64url');
}

/** @throws Problem when it is none of ours */
export function readCursor(text: string): Place {
  try {
    const [createdAt, id] = cursorSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    return { createdAt, id };
  } catch (cause) {
    throw new Problem(
      'invalid-request',
      'cursor: not one that was given out. Take `next` of the page before as it is.',
      { cause },
    );
  }
}
