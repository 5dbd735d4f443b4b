/**
 * The one handler that turns errors into RFC 9457 problem documents. Anything that is no Problem and cannot be made one is logged
 * with the request's id and answered 500.
 */
import { isNativeError } from 'node:util/types';
import { isPassing } from '@scry/shared/database/database';
import type { Logger } from '@scry/shared/runtime/log';
import { StorageFull } from '@scry/shared/storage/free-space';
import { ImageTooLarge } from '@scry/shared/storage/image-storage';
import type { ErrorRequestHandler, Response } from 'express';
import { MulterError } from 'multer';
import { PROBLEMS, Problem } from './problem.js';

export * from './problem.js';

/** The body of a problem document. `type` leads to the row's description. */
export function problemBody(problem: Problem, requestId: string) {
  const { status, code, title } = PROBLEMS[problem.problem];
  return {
    type: `/problems/${problem.problem}`,
    title,
    status,
    code,
    detail: problem.message,
    request_id: requestId,
    ...(problem.errors && { errors: problem.errors }),
    ...(problem.values && { values: problem.values }),
  };
}

const RETRY_SOON = { 'Retry-After': '2' };

const multipart = (detail: string) => new Problem('invalid-multipart', detail);
const FIELD_OF = (field: string | undefined) => (field ? ` ("${field}")` : '');

function fromMulter(error: MulterError): Problem {
  switch (error.code) {
    case 'LIMIT_FILE_COUNT':
      return multipart('More than one file came: send one image per request, in the field "image".');
    case 'LIMIT_FIELD_VALUE':
      return multipart(
        `A field's value is too long${FIELD_OF(error.field)}. An image goes in as a file, not as text.`,
      );
    default:
      return multipart(`${error.message}${FIELD_OF(error.field)}.`);
  }
}

/** What busboy, which multer reads forms with, says of broken ones. */
const BROKEN_FORM =
  /boundary not found|unexpected end of form|malformed|unsupported content type|missing content-type/i;
const CLIENT_GONE = /^request (aborted|closed)$/i;

interface BodyParserError extends Error {
  readonly type?: string;
  readonly status?: number;
  readonly limit?: number;
}

function fromBodyParser(error: BodyParserError): Problem | null {
  switch (error.type) {
    case 'entity.parse.failed':
      return new Problem(
        'invalid-json',
        'The body is not valid JSON. Check quotes, commas and that it is whole.',
      );
    case 'entity.too.large':
      return new Problem(
        'too-large',
        `The body is larger than the ${error.limit} bytes allowed. Send a smaller image.`,
        error.limit === undefined ? {} : { values: { max_bytes: error.limit } },
      );
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new Problem('unsupported-body', `${error.message}. Send the JSON as UTF-8.`);
    default:
      return error.status !== undefined && error.status >= 400 && error.status < 500
        ? new Problem('invalid-request', `The request cannot be read: ${error.message}.`)
        : null;
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT']);
const VOLUME = new Set([
  'EROFS',
  'EACCES',
  'EPERM',
  'EIO',
  'ENOENT',
  'ENOTDIR',
  'ESTALE',
  'EMFILE',
  'ENFILE',
]);

function diskFull(cause: Error): Problem {
  const detail = 'The disk for images is full. Nothing was kept; try later or tell the operator.';
  return new Problem('storage-full', detail, { cause, headers: RETRY_SOON });
}

function fromFileSystem(error: NodeJS.ErrnoException): Problem | null {
  if (error.syscall === undefined || error.syscall === 'connect') return null;
  const code = error.code ?? '';
  if (FULL.has(code)) return diskFull(error);
  if (VOLUME.has(code))
    return new Problem(
      'storage-unavailable',
      `Images cannot be written or read now (${code}). Nothing was kept; try again soon.`,
      { cause: error, headers: RETRY_SOON },
    );
  return null;
}

/** Finds an error's row. What nobody expected becomes `internal`, with the error as its cause. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof ImageTooLarge)
    return new Problem(
      'too-large',
      `The image is larger than the ${error.maxBytes} bytes allowed. Send a smaller one.`,
      { values: { max_bytes: error.maxBytes } },
    );
  if (error instanceof StorageFull) return diskFull(error);
  if (error instanceof MulterError) return fromMulter(error);
  if (!isNativeError(error)) return new Problem('internal', UNEXPECTED, { cause: error });
  if (BROKEN_FORM.test(error.message))
    return multipart(
      `The form cannot be read: ${error.message}. Send multipart/form-data with a boundary, whole.`,
    );
  if (CLIENT_GONE.test(error.message))
    return multipart('The connection ended before the whole form had come.');
  const known = fromFileSystem(error) ?? fromBodyParser(error);
  if (known) return known;
  if (isPassing(error))
    return new Problem(
      'database-unavailable',
      'The database does not answer. Nothing is lost; try again in a moment.',
      { cause: error, headers: RETRY_SOON },
    );
  return new Problem('internal', UNEXPECTED, { cause: error });
}

const UNEXPECTED = 'This was not expected and has been logged. Tell the operator the request_id.';

/** Answers with a problem document. */
export function sendProblem(res: Response, problem: Problem): void {
  res.removeHeader('ETag'); // a handler may have got as far as the headers of what it then could not send
  res.status(problem.status).set({ 'Cache-Control': 'no-store', ...problem.headers });
  res.type('application/problem+json').send(JSON.stringify(problemBody(problem, res.req.id)));
}

/** The app's only error handler; comes last. */
export function handleErrors(log: Logger): ErrorRequestHandler {
  return (error: unknown, req, res, _next) => {
    const problem = toProblem(error);
    // A full disk is told by /readyz and /metrics: a line for each upload that it refuses would fill it further.
    if (problem.status >= 500 && !(problem.cause instanceof StorageFull))
      log.error({ reqId: req.id, error: problem.cause ?? error }, problem.message);
    if (res.headersSent) {
      res.destroy(); // an answer was on its way: cutting it short is all that tells the client
      return;
    }
    sendProblem(res, problem);
  };
}
