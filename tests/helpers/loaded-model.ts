/** A model as a worker loaded it, and one prediction of it, for tests without weights. */
import type { Outcome } from '@scry/shared/contracts/prediction';
import type { PredictionJob } from '@scry/shared/queue/job';
import type { LoadedModel } from '@scry/worker/inference/model-runner';
import type { InferenceItem } from '@scry/worker/inference/pool';

/** @param batch images in one batch at the most, and how long the first waits for company */
export function loadedModel(batch = { max: 4, delayMs: 0 }): LoadedModel {
  const model = { name: 'cats', version: '3', batch: { max: batch.max, delay_ms: batch.delayMs } };
  const report = { ok: true, engine: 'onnx', device: 'cpu', input: {}, batchLimit: batch.max };
  return { model, report } as unknown as LoadedModel;
}

export const predictionJob = (id: string): PredictionJob => ({
  id,
  sha256: id.repeat(64).slice(0, 64),
  parameters: {},
  createdAt: Date.now(),
  expiresAt: null,
});

/** One pixel, by which it is known again. */
export const inferenceItem = (level: number): InferenceItem => ({
  pixels: Uint8Array.of(level),
  geometry: { x: 0, y: 0, width: 1, height: 1 },
  parameters: {},
});

/** An answer that carries the level of the pixel that it is about. */
export const answerTo = (item: InferenceItem): Outcome => ({
  status: 'succeeded',
  output: { predictions: [{ class_index: item.pixels[0] ?? -1, class_name: 'cat', confidence: 1 }] },
});
