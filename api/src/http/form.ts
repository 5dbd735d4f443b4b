/** Multipart forms: how every route takes a file as a stream, with errors as rejections. */
import type { Request, RequestHandler, Response } from 'express';
import multer, { MulterError, type Options, type StorageEngine } from 'multer';
import { Problem } from './problems.js';

declare global {
  namespace Express {
    namespace Multer {
      interface File {
        /** What its receiver made of it. */
        received: unknown;
      }
    }
  }
}

/** Takes the bytes of files as they come. */
export interface FileReceiver<T extends { readonly bytes: number }> {
  /** A throw ends the request with it. */
  readonly receive: (chunks: AsyncIterable<Buffer>) => Promise<T>;
  /** Lets go of a file that was received, when a later part of the form is refused. */
  readonly discard: (received: T) => Promise<void>;
}

function storageEngine<T extends { readonly bytes: number }>({
  receive,
  discard,
}: FileReceiver<T>): StorageEngine {
  return {
    _handleFile(_req, file, done) {
      // Not destroyed when receiving stops early: its "aborted" would come before the reason why.
      receive(file.stream.iterator({ destroyOnReturn: false })).then(
        (received) => done(null, { received, size: received.bytes }),
        (error: unknown) => done(error),
      );
    },
    _removeFile(_req, file, done) {
      discard(file.received as T).then(() => done(null), done);
    },
  };
}

/** Runs an express handler; resolves when it calls `next`. @throws what it gave to `next` */
export function run(handler: RequestHandler, req: Request, res: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    void handler(req, res, (error?: unknown) => (error ? reject(error) : resolve()));
  });
}

/**
 * A form with one file.
 * @param field its name
 * @returns a function that takes the form of a request, null where no file came; the other fields are in `req.body`. It
 *   throws what receiving and multer throw
 */
export function fileForm<T extends { readonly bytes: number }>(
  field: string,
  receiver: FileReceiver<T>,
  limits: Exclude<Options['limits'], undefined>,
): (req: Request, res: Response) => Promise<T | null> {
  const form = multer({ storage: storageEngine(receiver), limits, defParamCharset: 'utf8' }).single(field);
  return async (req, res) => {
    await run(form, req, res).catch((error: unknown) => {
      throw isOtherField(error) ? otherField(error, field) : error;
    });
    const received = (req.file?.received ?? null) as T | null;
    delete req.file; // a request that waits for its answer would keep it in memory meanwhile
    return received;
  };
}

const isOtherField = (error: unknown): error is MulterError =>
  error instanceof MulterError && error.code === 'LIMIT_UNEXPECTED_FILE';

function otherField(error: MulterError, expected: string): Problem {
  const came = error.field ? ` ("${error.field}")` : '';
  return new Problem(
    'invalid-multipart',
    `A file came in a field of another name${came}: send one file, in the field "${expected}".`,
    { cause: error },
  );
}
