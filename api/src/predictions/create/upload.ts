/**
 * Takes the image of a request, as a form or as JSON, to a temporary file, hashing it while it streams. Until
 * `keep` is called nothing is visible to anyone; whatever stops the request removes the file.
 */
import type { ImageStorage, PendingImage } from '@scry/shared/storage/image-storage';
import express, { type Request, type RequestHandler, type Response } from 'express';
import multer, { type StorageEngine } from 'multer';
import { NESTED, Problem } from '../../http/problems.js';

/** Room for the fields and the dressing around an image. */
const FIELDS_BYTES = 64 * 1024;
const FORM_LIMITS = {
  files: 1,
  fields: 32,
  parts: 40,
  fieldNameSize: 64,
  fieldSize: 8192,
  headerPairs: 32,
} as const;

/** A request's image and its other fields, unchecked. */
export interface Upload {
  readonly image: PendingImage;
  readonly fields: Readonly<Record<string, unknown>>;
}

declare global {
  namespace Express {
    namespace Multer {
      interface File {
        pending: PendingImage;
      }
    }
  }
}

function storageEngine(storage: ImageStorage, maxBytes: number): StorageEngine {
  return {
    _handleFile(_req, file, done) {
      // Not destroyed when receiving stops early: its "aborted" would come before the reason why.
      const chunks: AsyncIterable<Buffer> = file.stream.iterator({ destroyOnReturn: false });
      storage.receive(chunks, maxBytes).then(
        (pending) => done(null, { pending, size: pending.bytes }),
        (error: unknown) => done(error),
      );
    },
    _removeFile(_req, file, done) {
      file.pending.discard().then(() => done(null), done);
    },
  };
}

const run = (handler: RequestHandler, req: Request, res: Response) =>
  new Promise<void>((resolve, reject) => {
    void handler(req, res, (error?: unknown) => (error ? reject(error) : resolve()));
  });

const DATA_URL = /^data:[^,]{0,200};base64,/;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** Bytes of an image in JSON. @throws Problem when the text is not base64 */
export function decodeBase64(text: string): Buffer {
  const prefix = DATA_URL.exec(text)?.[0] ?? '';
  const base64 = text.slice(prefix.length);
  if (!BASE64.test(base64))
    throw new Problem(
      'invalid-request',
      'image: not base64. Send the file as base64 or as a data URL (data:image/jpeg;base64,…).',
    );
  return Buffer.from(base64, 'base64');
}

async function* once(bytes: Buffer) {
  yield bytes;
}

function asObject(body: unknown): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body))
    return body as Record<string, unknown>;
  throw new Problem('invalid-json', 'The body must be one JSON object with the image in "image".');
}

/** No field of a request is nested, and base64 has no brackets: more than these are an attack on the parser's memory. */
const MAX_BRACKETS = 64;

function refuseNesting(_req: unknown, _res: unknown, body: Buffer): void {
  let brackets = 0;
  for (const bracket of ['[', '{']) {
    for (let at = body.indexOf(bracket); at >= 0; at = body.indexOf(bracket, at + 1)) {
      if (++brackets > MAX_BRACKETS) throw Object.assign(new Error('nested'), { type: NESTED });
    }
  }
}

/** @returns a function that receives a request's image. Its answer's `image` must be kept or discarded. */
export function uploadReceiver(storage: ImageStorage, maxBytes: number) {
  const form = multer({
    storage: storageEngine(storage, maxBytes),
    limits: FORM_LIMITS,
    defParamCharset: 'utf8',
  }).single('image');
  const json = express.json({
    verify: refuseNesting,
    limit: Math.ceil((maxBytes * 4) / 3) + FIELDS_BYTES,
  });

  async function fromForm(req: Request, res: Response): Promise<Upload> {
    await run(form, req, res);
    const fields = { ...(req.body as Record<string, unknown>) };
    const image = req.file?.pending;
    delete req.file; // a request that waits for its answer would keep its image in memory meanwhile
    if (image) return { image, fields };
    const hint = 'image' in fields ? 'The field "image" came as text' : 'No file came';
    throw new Problem(
      'no-image',
      `${hint}: send the image as a file in the field "image" (curl -F image=@photo.jpg).`,
    );
  }

  async function fromJson(req: Request, res: Response): Promise<Upload> {
    await run(json, req, res);
    const { image, ...fields } = asObject(req.body);
    req.body = undefined; // as above
    if (typeof image !== 'string')
      throw new Problem('no-image', 'No image came: put it in "image", as base64 or as a data URL.');
    return { image: await storage.receive(once(decodeBase64(image)), maxBytes), fields };
  }

  /** @throws Problem, ImageTooLarge and what multer, body-parser and the file system say */
  return async function receive(req: Request, res: Response): Promise<Upload> {
    if (Number(req.headers['content-length'] ?? 0) > (maxBytes * 4) / 3 + FIELDS_BYTES)
      throw new Problem(
        'too-large',
        `The body is larger than an image of ${maxBytes} bytes can make it. Send a smaller image.`,
      );
    if (req.is('multipart/form-data')) return fromForm(req, res);
    if (req.is('json')) return fromJson(req, res);
    const detail =
      'Send the image as multipart/form-data (a file in the field "image") or as application/json.';
    throw new Problem(req.headers['content-type'] ? 'unsupported-body' : 'no-image', detail);
  };
}
