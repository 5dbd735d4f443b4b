/** Checks input against a schema, and says in sentences what is wrong with it. */
import type { z } from 'zod';
import { type FieldError, Problem } from './errors.js';

type Issue = z.core.$ZodIssue;

function sentence(issue: Issue, known: readonly string[]): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    const message =
      known.length > 0 ? `is not known here; known are ${known.join(', ')}` : 'is not known here';
    return issue.keys.map((field) => ({ field, message }));
  }
  const message = issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
  return [{ field: issue.path.join('.') || 'body', message }];
}

function fieldsOf(schema: z.ZodType): string[] {
  return 'shape' in schema ? Object.keys(schema.shape as object) : [];
}

/**
 * Checks a value.
 * @throws Problem "invalid-request" naming every wrong field and what it may be
 */
export function check<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap((issue) => sentence(issue, fieldsOf(schema)));
  const detail = errors.map(({ field, message }) => `${field}: ${message}`).join('; ');
  throw new Problem('invalid-request', `${detail}.`, { errors });
}
