/** Checks input against a schema, and says in sentences what is wrong with it. */
import { z } from 'zod';
import { type FieldError, Problem } from './problems.js';

/** Of fields that are not known, so many are named; who sends thousands of them gets no answer of that size. */
const MOST_UNKNOWN = 8;
const LONGEST_NAME = 64;

type Issue = z.core.$ZodIssue;
type Shape = Readonly<Record<string, z.ZodType>>;

function range({ minimum, maximum }: z.core.JSONSchema.BaseSchema): string {
  const least = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  const most = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (least !== undefined && most !== undefined) return ` from ${least} to ${most}`;
  return `${least === undefined ? '' : `, ${least} or more`}${most === undefined ? '' : `, ${most} or less`}`;
}

/** What a field may be, in words; null where its own message says it better. */
function expectation(schema: z.ZodType | undefined): string | null {
  if (!schema) return null;
  const description = z.toJSONSchema(schema, { unrepresentable: 'any' });
  if (description.enum) return `must be one of ${description.enum.join(', ')}`;
  if (description.type === 'integer') return `must be a whole number${range(description)}`;
  if (description.type === 'number') return `must be a number${range(description)}`;
  return description.type === 'boolean' ? 'must be true or false' : null;
}

function sentences(issue: Issue, shape: Shape): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    const message = `is not known here; known are ${Object.keys(shape).join(', ')}`;
    const named = issue.keys
      .slice(0, MOST_UNKNOWN)
      .map((key) => ({ field: key.slice(0, LONGEST_NAME), message }));
    const more = issue.keys.length - named.length;
    return more > 0 ? [...named, { field: `${more} more`, message: 'are not known here either' }] : named;
  }
  const field = String(issue.path[0] ?? 'body');
  const message = expectation(shape[field]) ?? issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
  return [{ field, message }];
}

/**
 * Checks a value.
 * @throws Problem "invalid-request" naming every wrong field and what it may be
 */
export function check<T extends z.ZodObject>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap((issue) => sentences(issue, schema.shape as Shape));
  const detail = errors.map(({ field, message }) => `${field}: ${message}`).join('; ');
  throw new Problem('invalid-request', `${detail}.`, { errors });
}
