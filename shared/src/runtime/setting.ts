/** What a setting is, and how its text becomes a value. */
import path from 'node:path';
import { z } from 'zod';

/** A setting. */
export interface Setting<T> {
  readonly schema: z.ZodType<T>;
  /** Whether its value is a secret or may hold one: it is then never shown. */
  readonly secret: boolean;
  /** Text for `.env.example`: the default as one would write it. */
  readonly shown: string;
  readonly doc: string;
}

export const MIB = 1024 * 1024;

export const flag = z.enum(['true', 'false', '1', '0']).transform((text) => text === 'true' || text === '1');
/** Items with commas between them. */
export const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
export const whole = (min: number, max = Number.MAX_SAFE_INTEGER) =>
  z.coerce.number().int().min(min).max(max);
export const folder = z
  .string()
  .min(1)
  .transform((text) => path.resolve(text));

export const setting = <T>(schema: z.ZodType<T>, shown: string, doc: string): Setting<T> => ({
  ...{ schema, shown, doc },
  secret: false,
});
/** Its value is never shown. */
export const secret = <T>(schema: z.ZodType<T>, shown: string, doc: string): Setting<T> => ({
  ...setting(schema, shown, doc),
  secret: true,
});
