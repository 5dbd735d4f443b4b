/** Checks input against a schema, and says in sentences what is wrong with it. */
import { sentences } from '@scry/shared/contracts/expectation';
import type { z } from 'zod';
import { Problem } from './problems.js';

/**
 * Checks a value.
 * @throws Problem "invalid-request" naming every wrong field and what it may be
 */
export function check<T extends z.ZodObject>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = sentences(parsed.error, schema, value).map(({ field, message }) => ({
    field: field === '' ? 'body' : field,
    message,
  }));
  const detail = errors.map(({ field, message }) => `${field}: ${message}`).join('; ');
  throw new Problem('invalid-request', `${detail}.`, { errors });
}
