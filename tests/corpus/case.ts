/** What a case of the hostile-image corpus is: bytes, how they are presented, and how the server must end it. */

/**
 * How a case must end.
 *
 * - `answer`: succeeded, with the same best class as its group's reference and a confidence within `tolerance` of it
 * - `refused`: a 4xx from the API; nothing is stored and no job is made
 * - `unreadable`: a 4xx from the API or a prediction that failed with code 510
 * - `any`: any of these ends; the bytes may or may not still be an image
 */
export type Expectation =
  | { readonly end: 'answer'; readonly like: 'color' | 'gray'; readonly tolerance: number }
  | { readonly end: 'refused' }
  | { readonly end: 'unreadable' }
  | { readonly end: 'any' };

export interface CorpusCase {
  /** Unique, stable from run to run: family/detail. */
  readonly name: string;
  readonly fileName: string;
  readonly contentType: string;
  readonly bytes: Buffer;
  readonly expect: Expectation;
}

export const REFUSED: Expectation = { end: 'refused' };
export const UNREADABLE: Expectation = { end: 'unreadable' };
export const ANY: Expectation = { end: 'any' };

/** The right answer; the default tolerance is what lossless storage and lossy storage of good quality stay within. */
export function answer(like: 'color' | 'gray' = 'color', tolerance = 0.03): Expectation {
  return { end: 'answer', like, tolerance };
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
  tiff: 'image/tiff',
  avif: 'image/avif',
  bmp: 'image/bmp',
  svg: 'image/svg+xml',
  pdf: 'application/pdf',
};

/** A case whose file name and content type follow from an extension. */
export function makeCase(name: string, extension: string, bytes: Buffer, expect: Expectation): CorpusCase {
  const contentType = CONTENT_TYPES[extension] ?? 'application/octet-stream';
  return { name, fileName: `image.${extension}`, contentType, bytes, expect };
}
