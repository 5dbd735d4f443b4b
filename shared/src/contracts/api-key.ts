/**
 * What an API key is: `scry_<id>_<secret>`. The id finds its row and may be seen by anyone; the secret is 32 random
 * bytes, of which only the SHA-256 is kept. A slow password hash would add nothing: nobody guesses 256 random bits.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

export const SCOPES = ['predict', 'read', 'models:write', 'datasets:write', 'train', 'admin'] as const;
export const scopeSchema = z
  .enum(SCOPES)
  .describe(
    'predict: make predictions and read those whose id is known; read: list everything; models:write: add, label and remove versions of models; datasets:write: change data sets; train: train models; admin: all of it, and keys.',
  );
export type Scope = z.infer<typeof scopeSchema>;

const ID_BYTES = 9;
const SECRET_BYTES = 32;
const PATTERN = /^scry_([A-Za-z0-9-]{12})_([A-Za-z0-9_-]{43})$/;

/** A key as it exists once, in the hands of whom it is made for. */
export interface NewApiKey {
  readonly id: string;
  /** The whole text to be shown once and never again. */
  readonly text: string;
  readonly secretHash: Buffer;
}

export interface ParsedApiKey {
  readonly id: string;
  readonly secretHash: Buffer;
}

function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret, 'latin1').digest();
}

/** Makes a key from the system's random numbers. */
export function createApiKey(): NewApiKey {
  // "_" parts a key's halves, and an id that begins with "-" reads as an option on a command line.
  const id = randomBytes(ID_BYTES).toString('base64url').replaceAll('_', '-').replace(/^-/, 'A');
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return { id, text: `scry_${id}_${secret}`, secretHash: hashSecret(secret) };
}

/** Takes a key apart; null when the text is not one. */
export function parseApiKey(text: string): ParsedApiKey | null {
  const [, id, secret] = PATTERN.exec(text) ?? [];
  return id !== undefined && secret !== undefined ? { id, secretHash: hashSecret(secret) } : null;
}

/** Compares hashes in a time that does not depend on where they differ. */
export function sameSecret(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** True when a key with these scopes may do what asks for `needed`. `admin` may do everything. */
export function allows(scopes: readonly Scope[], needed: Scope): boolean {
  return scopes.includes('admin') || scopes.includes(needed);
}
