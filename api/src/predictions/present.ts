/** Rows as clients see them. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import type { Prediction } from '@scry/shared/database/predictions';
import type { Output } from '@scry/shared/tasks/answer';
import type { Request } from 'express';

/** Where links begin: PUBLIC_URL, else as the client addressed this server. Without a slash at the end. */
export function baseUrl(req: Request, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl.replace(/\/+$/, '');
  return `${req.protocol}://${req.get('host') ?? 'localhost'}`;
}

/** @param base see `baseUrl` */
export function present(prediction: Prediction, base: string): PredictionView {
  const get = `${base}/v1/predictions/${prediction.id}`;
  return {
    prediction_id: prediction.id,
    status: prediction.status,
    code: prediction.code,
    model: {
      name: prediction.model,
      version: prediction.modelVersion,
      label: prediction.modelLabel,
      task: prediction.task,
      engine: prediction.engine,
    },
    parameters: prediction.parameters,
    image: prediction.image,
    output: prediction.output && withMaskUrls(prediction.output, get),
    error: prediction.error,
    metrics: prediction.metrics,
    cached: prediction.cached,
    retry_of: prediction.retryOf,
    created_at: prediction.createdAt.toISOString(),
    started_at: prediction.startedAt?.toISOString() ?? null,
    completed_at: prediction.completedAt?.toISOString() ?? null,
    expires_at: prediction.expiresAt?.toISOString() ?? null,
    urls: {
      get,
      events: `${get}/events`,
      cancel: `${get}/cancel`,
      image: `${get}/image`,
      annotated: `${get}/annotated`,
    },
  };
}

/** A mask is the same for ever and can be fetched on its own. */
function withMaskUrls(output: Output, prediction: string): Output {
  if (!output.predictions.some(({ mask }) => mask)) return output;
  const predictions = output.predictions.map((answer, index) =>
    answer.mask ? { ...answer, mask: { ...answer.mask, url: `${prediction}/masks/${index}` } } : answer,
  );
  return { predictions };
}

/** Changes whenever what `present` shows of a prediction does: its status, and who began it when. */
export function entityTag(prediction: Prediction): string {
  return `W/"${prediction.status}-${prediction.startedAt?.getTime() ?? 0}"`;
}

/**
 * True when the client has this already. Express's `req.fresh` says no whenever a request carries `Cache-Control: no-cache`,
 * which the Fetch standard adds to every request whose `If-None-Match` a program sets: a poller would never get a 304.
 */
export function isKnown(req: Request, tag: string): boolean {
  const known = req.get('If-None-Match');
  if (known === undefined) return false;
  const bare = (text: string) => text.trim().replace(/^W\//, '');
  return known.trim() === '*' || known.split(',').some((one) => bare(one) === bare(tag));
}
