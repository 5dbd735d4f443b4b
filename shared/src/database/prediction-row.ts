/** One row of `predictions` and its form in code. */
import type {
  Code,
  ImageFormat,
  ImageInfo,
  Output,
  Parameters,
  PredictionError,
  PredictionMetrics,
  Status,
} from '../contracts/prediction.js';

/** A prediction as the store knows it. */
export interface Prediction {
  readonly id: string;
  readonly status: Status;
  readonly code: Code;
  readonly model: string;
  readonly modelVersion: string;
  /** The label through which the version was chosen; null: it was asked for by its own name. */
  readonly modelLabel: string | null;
  readonly task: string;
  readonly engine: string;
  readonly parameters: Parameters;
  readonly image: ImageInfo;
  readonly output: Output | null;
  readonly error: PredictionError | null;
  readonly metrics: PredictionMetrics | null;
  readonly cached: boolean;
  /** The failed prediction that this one repeats. */
  readonly retryOf: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
  readonly expiresAt: Date | null;
}

/** A row of `predictions` as PostgreSQL gives it. */
export interface PredictionRow {
  id: string;
  status: Status;
  code: Code;
  model: string;
  model_version: string;
  model_label: string | null;
  task: string;
  engine: string;
  parameters: Parameters;
  image_sha256: Buffer;
  image_format: ImageFormat;
  image_width: number;
  image_height: number;
  image_bytes: number;
  output: Output | null;
  error: string | null;
  cached: boolean;
  retry_of: string | null;
  worker: string | null;
  device: string | null;
  decode_ms: number | null;
  batch_ms: number | null;
  inference_ms: number | null;
  batch_size: number | null;
  created_at: Date;
  started_at: Date | null;
  completed_at: Date | null;
  expires_at: Date | null;
}

/** Columns that make a `Prediction`, in one place. */
export const PREDICTION_COLUMNS = `id, status, code, model, model_version, model_label, task, engine, parameters,
  image_sha256, image_format, image_width, image_height, image_bytes, output, error, cached, retry_of,
  worker, device, decode_ms, batch_ms, inference_ms, batch_size, created_at, started_at, completed_at, expires_at`;

/** Hundredths of a millisecond: what the columns hold beyond that is rounding noise. */
function hundredths(ms: number | null): number {
  return Math.round((ms ?? 0) * 100) / 100;
}

function metricsOf(row: PredictionRow): PredictionMetrics | null {
  if (!row.completed_at || row.decode_ms === null) return null;
  const created = row.created_at.getTime();
  return {
    // Both ends are the database's clock, so hosts whose clocks differ do not matter.
    queue_ms: Math.max(0, (row.started_at?.getTime() ?? created) - created),
    decode_ms: hundredths(row.decode_ms),
    batch_ms: hundredths(row.batch_ms),
    inference_ms: hundredths(row.inference_ms),
    total_ms: Math.max(0, row.completed_at.getTime() - created),
    batch_size: row.batch_size ?? 0,
    worker: row.worker ?? '',
    device: row.device ?? '',
  };
}

/** Turns a row into a prediction. */
export function toPrediction(row: PredictionRow): Prediction {
  return {
    id: row.id,
    status: row.status,
    code: row.code,
    model: row.model,
    modelVersion: row.model_version,
    modelLabel: row.model_label,
    task: row.task,
    engine: row.engine,
    parameters: row.parameters,
    image: {
      sha256: row.image_sha256.toString('hex'),
      format: row.image_format,
      width: row.image_width,
      height: row.image_height,
      bytes: row.image_bytes,
    },
    output: row.output,
    error: row.error === null ? null : { code: row.code, message: row.error },
    metrics: metricsOf(row),
    cached: row.cached,
    retryOf: row.retry_of,
    createdAt: row.created_at,
    startedAt: row.started_at,
    completedAt: row.completed_at,
    expiresAt: row.expires_at,
  };
}
