/** The API's calls for operators. */
import type { QueueState } from '@scry/shared/contracts/model-queue';
import { postJson, sendJson } from './http.js';

/** Pauses or drains a model's queue, or lets it run. @throws RequestFailed */
export async function setQueue(model: string, state: QueueState): Promise<void> {
  await sendJson('PUT', `/v1/models/${encodeURIComponent(model)}/queue`, { state });
}

export interface Retried {
  readonly retried: readonly { readonly prediction_id: string }[];
  readonly skipped: readonly { readonly reason: 'image' | 'model' | 'retried' | 'overloaded' }[];
  /** Null: these were all. */
  readonly next: string | null;
}

/** Tries failed predictions again, so many as the server does at once. @param since Unix seconds @throws RequestFailed */
export const retryFailed = (code: number, since: number): Promise<Retried> =>
  postJson('/v1/predictions/retry', { code, since: new Date(since * 1000).toISOString() });
