/** Cursors of lists: where the next page begins, opaque to clients so that its content may change. */
import { PREDICTION_ID } from '@scry/shared/contracts/prediction';
import { z } from 'zod';
import { Problem } from './problems.js';

/** A row's place in a list that is ordered by time and id. `createdAt` is PostgreSQL's text of it. */
export interface Place {
  readonly createdAt: string;
  readonly id: string;
}

/** As PostgreSQL writes it: 2026-01-31 12:00:00.123456+00, the offset with minutes where it has any. */
const TIMESTAMP =
  /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.\d{1,6})?[+-](?:0\d|1[0-5])(?::[0-5]\d){0,2}$/;

/** Whether PostgreSQL could have written this, and so will read it. */
function isTimestamp(text: string): boolean {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (TIMESTAMP.exec(text) ?? [])
    .slice(1)
    .map(Number);
  const isDay = new Date(Date.UTC(2000, month - 1, day)).getUTCMonth() === month - 1; // 2000 has every day that any year has
  const isLeapDay = month === 2 && day === 29;
  const isLeapYear = new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1;
  return (
    year >= 1000 && day >= 1 && isDay && (!isLeapDay || isLeapYear) && hour < 24 && minute < 60 && second < 60
  );
}

const cursorSchema = z.tuple([z.string().refine(isTimestamp), z.string().regex(PREDICTION_ID)]);

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
