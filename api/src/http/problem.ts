/** Every error that a caller can cause or must know of, in one table. Services throw them and need nothing else of HTTP. */
import { CODES, type Code } from '@scry/shared/contracts/prediction';

interface Row {
  readonly status: number;
  /** The number that older clients read. */
  readonly code: Code;
  readonly title: string;
}

const { unknown, general, imageNotSupported, imageNotSaved, engineNotReady } = CODES;

export const PROBLEMS = {
  'invalid-request': { status: 400, code: general, title: 'Invalid request' },
  'invalid-multipart': { status: 400, code: general, title: 'Invalid multipart form' },
  'invalid-json': { status: 400, code: general, title: 'Invalid JSON' },
  'no-image': { status: 400, code: general, title: 'Image missing' },
  unauthorized: { status: 401, code: general, title: 'Key missing or invalid' },
  forbidden: { status: 403, code: general, title: 'Key lacks the scope' },
  'unknown-model': { status: 404, code: general, title: 'Model not found' },
  'prediction-not-found': { status: 404, code: unknown, title: 'Prediction not found' },
  'version-not-found': { status: 404, code: general, title: 'Version not found' },
  'dataset-not-found': { status: 404, code: general, title: 'Data set not found' },
  'item-not-found': { status: 404, code: general, title: 'Item not found' },
  'import-not-found': { status: 404, code: general, title: 'Import not found' },
  'training-not-found': { status: 404, code: general, title: 'Training not found' },
  'feedback-not-found': { status: 404, code: general, title: 'Feedback not found' },
  'key-not-found': { status: 404, code: general, title: 'Key not found' },
  'crop-not-found': { status: 404, code: general, title: 'Object not found' },
  'mask-not-found': { status: 404, code: general, title: 'Mask not found' },
  'not-found': { status: 404, code: general, title: 'Not found' },
  'method-not-allowed': { status: 405, code: general, title: 'Method not allowed' },
  'id-taken': { status: 409, code: general, title: 'prediction_id already in use' },
  'version-taken': { status: 409, code: general, title: 'Version already exists' },
  'version-in-use': { status: 409, code: general, title: 'Version in use' },
  'not-answered': { status: 409, code: general, title: 'No answer to show' },
  'image-gone': { status: 410, code: imageNotSaved, title: 'Image no longer stored' },
  'too-large': { status: 413, code: imageNotSupported, title: 'Upload too large' },
  'unsupported-image': {
    status: 415,
    code: imageNotSupported,
    title: 'Unsupported image format',
  },
  'unsupported-body': { status: 415, code: general, title: 'Unsupported content type' },
  'unreadable-image': { status: 422, code: imageNotSupported, title: 'Unreadable image' },
  'too-many-pixels': { status: 422, code: imageNotSupported, title: 'Too many pixels' },
  'image-not-fetched': { status: 422, code: imageNotSupported, title: 'Image could not be fetched' },
  'training-refused': { status: 422, code: general, title: 'Training refused' },
  'wrong-host': { status: 421, code: general, title: 'Host not allowed' },
  'rate-limited': { status: 429, code: general, title: 'Too many requests' },
  internal: { status: 500, code: general, title: 'Internal server error' },
  'model-not-served': { status: 503, code: engineNotReady, title: 'Model unavailable' },
  'model-draining': { status: 503, code: engineNotReady, title: 'Model takes no new predictions' },
  overloaded: { status: 503, code: general, title: 'Server overloaded' },
  'storage-unavailable': { status: 503, code: imageNotSaved, title: 'Storage unavailable' },
  'database-unavailable': { status: 503, code: general, title: 'Database unavailable' },
  'storage-full': { status: 507, code: imageNotSaved, title: 'Storage full' },
} as const satisfies Record<string, Row>;
export type ProblemName = keyof typeof PROBLEMS;

/** One field that is wrong, and how. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** What a sentence about a problem names, for clients that say it in their own language: "max_bytes", "model". */
export type ProblemValues = Readonly<Record<string, string | number>>;

export interface ProblemOptions {
  readonly values?: ProblemValues;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** An error for the caller: a row of the table and a sentence that says what to do. */
export class Problem extends Error {
  readonly problem: ProblemName;
  readonly errors: readonly FieldError[] | undefined;
  readonly values: ProblemValues | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(problem: ProblemName, detail: string, { errors, values, headers, cause }: ProblemOptions = {}) {
    super(detail, { cause });
    this.problem = problem;
    this.values = values;
    this.errors = errors;
    this.headers = headers ?? {};
  }

  get status(): number {
    return PROBLEMS[this.problem].status;
  }
}
