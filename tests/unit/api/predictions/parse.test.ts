import { readCursor, writeCursor } from '@scry/api/http/cursor';
import { PROBLEMS, Problem, problemBody, toProblem } from '@scry/api/http/problems';
import { check } from '@scry/api/http/validate';
import { cancelAfter, fromText } from '@scry/api/predictions/create/parse';
import { eventsSince } from '@scry/api/predictions/wait/events';
import { waitOf } from '@scry/api/predictions/wait/wait-query';
import type { Prediction } from '@scry/shared/database/predictions';
import type { Request } from 'express';
import { z } from 'zod';

describe('fields of a form', () => {
  test('become numbers and flags where they read as such', () => {
    expect(
      fromText({ top_k: '3', threshold: ' 0.5 ', iou: '1e-2', all_classes: 'TRUE', model: ' m ' }),
    ).toEqual({
      top_k: 3,
      threshold: 0.5,
      iou: 0.01,
      all_classes: true,
      model: 'm',
    });
  });

  test('stay text where they do not, for the check to name them', () => {
    const wrong = { top_k: '3 cats', threshold: '', iou: '0x1', all_classes: 'maybe', model: '7' };
    expect(fromText(wrong)).toEqual(wrong);
  });
});

describe('checking', () => {
  const schema = z.strictObject({
    count: z.int().min(1).max(5),
    least: z.number().min(2).optional(),
    kind: z.enum(['a', 'b']).optional(),
    name: z.string().regex(/^x/, 'must begin with x').optional(),
  });
  const problemOf = (value: unknown): Problem => {
    try {
      check(schema, value);
    } catch (error) {
      return error as Problem;
    }
    throw new Error('nothing was wrong');
  };

  test.each([
    [{}, 'count: is missing; it must be a whole number from 1 to 5.'],
    [{ count: 9 }, 'count: must be a whole number from 1 to 5.'],
    [{ count: 1, least: 1 }, 'least: must be a number, 2 or more.'],
    [{ count: 1, kind: 'c' }, 'kind: must be one of a, b.'],
    [{ count: 1, name: 'y' }, 'name: must begin with x.'],
    [{ count: 1, size: 3 }, 'size: is not known here; known are count, least, kind, name.'],
  ])('%j is answered with what would be right', (value, sentence) => {
    expect(problemOf(value).message).toBe(sentence);
  });

  test('a thousand unknown fields are answered with a few of them and a count', () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`f${index}`.repeat(50), 1]));
    const { errors, message } = problemOf({ count: 1, ...many });
    expect(errors).toHaveLength(9);
    expect(errors?.at(-1)).toEqual({ field: '992 more', message: 'are not known here either' });
    expect(message.length).toBeLessThan(2000);
  });
});

describe('waiting', () => {
  const asked = (prefer?: string) => ({ get: () => prefer }) as unknown as Request;
  test.each([
    ['wait=10', 10],
    ['respond-async, wait=10', 10],
    ['wait = "7"; foo=bar', 7],
    ['WAIT=5', 5],
    ['wait=9999', 60],
    ['respond-async', 0],
    ['await=10', 0],
    [undefined, 0],
  ])('%s means %d seconds', (prefer, seconds) => {
    expect(waitOf(asked(prefer), undefined, 60).seconds).toBe(seconds);
  });

  test('the query goes before the header', () => {
    expect(waitOf(asked('wait=10'), 3, 60)).toEqual({ seconds: 3, preferred: true });
  });
});

test('Cancel-After takes seconds, minutes and hours, and nothing else', () => {
  expect([cancelAfter('30'), cancelAfter('30s'), cancelAfter(' 5m '), cancelAfter('1h')]).toEqual([
    30, 30, 300, 3600,
  ]);
  for (const text of ['', '0', '-1', '1d', '1.5s', '9999h'])
    expect(() => cancelAfter(text)).toThrow('is no time');
});

describe('cursors', () => {
  test('come back as what they were made from', () => {
    const place = { createdAt: '2026-01-31 12:00:00.123456+00', id: 'some-id_1' };
    expect(readCursor(writeCursor(place))).toEqual(place);
  });

  test('that were not given out are refused', () => {
    for (const text of [
      '',
      'abc',
      Buffer.from('["now()", "x"]').toString('base64url'),
      Buffer.from('{}').toString('base64url'),
    ])
      expect(() => readCursor(text)).toThrow(Problem);
  });

  test.each([
    '----------',
    '2026-02-30 12:00:00+00',
    '2025-02-29 12:00:00+00',
    '2026-13-01 12:00:00+00',
    '2026-01-00 12:00:00+00',
    '0000-01-01 12:00:00+00',
    '2026-01-31 24:00:00+00',
    '2026-01-31 12:00:00+99',
    '2026-01-31 12:00:00',
    '99999-01-01 00:00:00+00',
  ])('with a time that PostgreSQL cannot have written are refused: %s', (createdAt) => {
    expect(() => readCursor(writeCursor({ createdAt, id: 'some-id_1' }))).toThrow(Problem);
  });

  test('with an id that no prediction can have are refused', () => {
    const createdAt = '2026-01-31 12:00:00+00';
    expect(() => readCursor(writeCursor({ createdAt, id: 'a\0b-456789' }))).toThrow(Problem);
    expect(() =>
      readCursor(writeCursor({ createdAt: '2024-02-29 23:59:59.5+05:30', id: 'some-id_1' })),
    ).not.toThrow();
  });
});

describe('events', () => {
  const row = (status: Prediction['status'], startedAt: Date | null = null) =>
    ({ status, startedAt }) as Prediction;
  const since = (prediction: Prediction, seen: number) =>
    eventsSince(prediction, seen).map(({ status }) => status);
  const began = new Date();

  test('tell each stage once, and the one in between that nobody saw', () => {
    expect(since(row('queued'), -1)).toEqual(['queued']);
    expect(since(row('queued'), 0)).toEqual([]);
    expect(since(row('processing', began), 0)).toEqual(['processing']);
    expect(since(row('succeeded', began), 0)).toEqual(['processing', 'succeeded']);
    expect(since(row('succeeded', began), 1)).toEqual(['succeeded']);
    expect(since(row('succeeded', began), 2)).toEqual([]);
    expect(since(row('expired'), 0)).toEqual(['expired']);
    expect(since(row('failed', began), -1)).toEqual(['failed']);
  });
});

describe('errors', () => {
  const errno = (code: string, syscall: string) => Object.assign(new Error(code), { code, syscall });
  const http = (status: number, type?: string) => Object.assign(new Error('bad'), { status, type });
  test.each<[string, string, unknown]>([
    ['a full disk', 'storage-full', errno('ENOSPC', 'write')],
    ['a used-up quota', 'storage-full', errno('EDQUOT', 'write')],
    ['a read-only volume', 'storage-unavailable', errno('EROFS', 'open')],
    ['a failing disk', 'storage-unavailable', errno('EIO', 'fdatasync')],
    ['a refused connection', 'database-unavailable', errno('ECONNREFUSED', 'connect')],
    [
      'a database that shuts down',
      'database-unavailable',
      Object.assign(new Error('bye'), { code: '57P01' }),
    ],
    [
      'a database that takes no connections',
      'database-unavailable',
      Object.assign(new Error('not accepting connections'), { code: '55000' }),
    ],
    ['a form without a boundary', 'invalid-multipart', new Error('Multipart: Boundary not found')],
    ['a client that left', 'invalid-multipart', new Error('Request aborted')],
    ['an unknown charset', 'unsupported-body', http(415, 'charset.unsupported')],
    ['what Express finds wrong', 'invalid-request', http(400)],
    ['a bug', 'internal', new Error('x is not a function')],
    ['thrown text', 'internal', 'thrown text'],
  ])('%s becomes %s', (_what, name, error) => {
    expect(toProblem(error).problem).toBe(name);
  });

  test('never show their insides', () => {
    const body = problemBody(toProblem(new Error('password=secret at /srv/app.js:1')), 'r1');
    expect(JSON.stringify(body)).not.toMatch(/secret|app\.js/);
    expect(body).toMatchObject({ status: 500, code: 500, request_id: 'r1' });
  });

  test('have a title each, and a status that fits', () => {
    for (const [name, { status, title }] of Object.entries(PROBLEMS)) {
      expect(name).toMatch(/^[a-z-]+$/);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(title).not.toMatch(/\.$/);
    }
  });
});
