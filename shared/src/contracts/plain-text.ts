/**
 * Text from clients that reaches the database or a log: no control characters (PostgreSQL refuses a statement that holds
 * U+0000, and with it every other row of that statement) and no half of a surrogate pair, which has no UTF-8.
 */
import type { z } from 'zod';

/** Control characters (U+0000 to U+001F, U+007F to U+009F) and lone surrogates. */
const UNFIT = /[\p{Cc}\p{Cs}]/u;
const EVERY_UNFIT = /[\p{Cc}\p{Cs}]+/gu;
/** What lines of text may hold besides. */
const BREAKS = /[\t\n\r]/g;

/** True for text of one line. */
export function isPlainText(text: string): boolean {
  return !UNFIT.test(text);
}

/** True for text of any number of lines. */
export function isPlainLines(text: string): boolean {
  return !UNFIT.test(text.replace(BREAKS, ''));
}

/** Text from elsewhere, such as an error's message, made fit to be stored: a space in the place of what is not plain. */
export function toPlainText(text: string): string {
  return text.replace(EVERY_UNFIT, ' ');
}

/** Adds the check for one line to a schema. */
export function plainText<T extends z.ZodType<string>>(schema: T): T {
  return schema.refine(isPlainText, { message: 'must not hold control characters' });
}

/** Adds the check for several lines to a schema. */
export function plainLines<T extends z.ZodType<string>>(schema: T): T {
  return schema.refine(isPlainLines, { message: 'must not hold control characters other than line breaks' });
}
