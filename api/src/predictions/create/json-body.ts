/** Reads a request's JSON while it arrives: the image goes to storage as it is decoded, the fields are parsed at the end. */
import type { Readable } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import type { PendingImage } from '@scry/shared/storage/image-storage';
import type { Request } from 'express';
import { Problem } from '../../http/problems.js';
import { Base64Decoder } from './base64.js';
import { FIELDS_BYTES, invalidJson, JsonSplitter } from './json-splitter.js';

export interface JsonBody {
  /** To be kept or discarded by the caller; null: none came. */
  readonly image: PendingImage | null;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Writes an image, as `ImageStorage.receive` does. */
type Store = (chunks: AsyncIterable<Buffer>) => Promise<PendingImage>;

/** Brotli is not among them: its window costs 16 MB for each request. */
const UNPACKERS = { gzip: createGunzip, deflate: createInflate } as const;

/** Most bytes of JSON that an image of `maxBytes` needs. */
export function mostJsonBytes(maxBytes: number): number {
  return Math.ceil((maxBytes * 4) / 3) + FIELDS_BYTES;
}

/** The body, unpacked. @throws Problem "unsupported-body" */
function bodyOf(req: Request): Readable {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(req.headers['content-type'] ?? '')?.[1] ?? 'utf-8';
  if (!/^utf-?8$/i.test(charset))
    throw new Problem('unsupported-body', `Unsupported charset "${charset}". Send the JSON as UTF-8.`);
  const encoding = req.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding === 'identity') return req;
  if (!Object.hasOwn(UNPACKERS, encoding)) {
    const detail = `Unsupported content encoding "${encoding}". Send the JSON as it is, or with gzip.`;
    throw new Problem('unsupported-body', detail);
  }
  const unpacked = UNPACKERS[encoding as keyof typeof UNPACKERS]();
  req.once('error', (error) => unpacked.destroy(error));
  return req.pipe(unpacked);
}

/** What a body that could not be read to its end is answered with. */
function broken(error: NodeJS.ErrnoException): unknown {
  if (error.code === 'ECONNRESET') {
    const detail = 'The connection ended before the whole body had come.';
    return new Problem('invalid-json', detail, { cause: error });
  }
  if (error.code?.startsWith('Z_'))
    return new Problem('invalid-request', `The request cannot be read: ${error.message}.`);
  return error;
}

/** The decoded image, piece by piece, reading the body to its end. Ends without any when there is no image. */
async function* imageIn(body: Readable, splitter: JsonSplitter, maxBytes: number): AsyncGenerator<Buffer> {
  const decoder = new Base64Decoder();
  let total = 0;
  // Not destroyed when reading stops early: the connection is still needed for the answer.
  const chunks = body.iterator({ destroyOnReturn: false });
  try {
    for await (const chunk of chunks as AsyncIterable<Buffer>) {
      total += chunk.length;
      if (total > mostJsonBytes(maxBytes)) {
        const detail = `The body is larger than an image of ${maxBytes} bytes can make it. Send a smaller image.`;
        throw new Problem('too-large', detail);
      }
      const text = splitter.push(chunk);
      if (splitter.foundImage) yield decoder.push(text);
    }
  } catch (error) {
    throw broken(error as NodeJS.ErrnoException);
  }
  if (splitter.foundImage) yield decoder.end();
}

/** What was read first, then the rest. */
async function* continued(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

/** @throws Problem "invalid-json" */
function fieldsOf(splitter: JsonSplitter): Record<string, unknown> {
  const wrong = 'The body must be one JSON object with the image in "image".';
  if (splitter.fields === '') throw new Problem('invalid-json', wrong);
  let parsed: unknown;
  try {
    parsed = JSON.parse(splitter.fields);
  } catch {
    throw invalidJson();
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new Problem('invalid-json', wrong);
  const { image: _, ...fields } = parsed as Record<string, unknown>;
  return fields;
}

/**
 * Reads `{"image": "<base64>", …}`.
 * @param maxBytes of the decoded image
 * @throws Problem and what `store` throws; nothing stays behind
 */
export async function readJsonBody(req: Request, store: Store, maxBytes: number): Promise<JsonBody> {
  const body = bodyOf(req);
  try {
    return await read(body, store, maxBytes);
  } finally {
    if (body !== req) {
      req.unpipe();
      body.destroy();
    }
    req.resume(); // what was not read is in the way of the next request on this connection
  }
}

async function read(body: Readable, store: Store, maxBytes: number): Promise<JsonBody> {
  const splitter = new JsonSplitter();
  const bytes = imageIn(body, splitter, maxBytes);
  const first = await bytes.next();
  if (first.done) return { image: null, fields: fieldsOf(splitter) };
  const image = await store(continued(first.value, bytes));
  try {
    return { image, fields: fieldsOf(splitter) };
  } catch (error) {
    await image.discard();
    throw error;
  }
}
