/** The process in which a suspicious image is tried: one model, one thread, one image at a time. */

import type { Parameters } from '@scry/shared/contracts/prediction';
import { versionKey } from '@scry/shared/contracts/version';
import { configureSharp } from '@scry/shared/imaging/libvips';
import type { Model } from '@scry/shared/models/model-folders';
import { openImages } from '@scry/shared/storage/data-folder';
import { type ImageLimits, ImageReader } from '../../imaging/image-reader.js';
import { type Answered, withoutInference } from '../../jobs/predict/answered.js';
import { InferencePool, type InferencePoolOptions } from '../pool.js';

/** The first message: what to load. */
export interface QuarantineSetup {
  readonly model: Model;
  readonly dataDir: string;
  readonly limits: ImageLimits;
  readonly inference: Omit<InferencePoolOptions, 'onThreadLost'>;
}

/** Every later message: one image. */
export interface QuarantineRequest {
  readonly sha256: string;
  readonly parameters: Parameters;
}

export type QuarantineReply =
  | { readonly answered: Answered }
  | { readonly ready: true }
  | { readonly error: string };

type Answer = (request: QuarantineRequest) => Promise<Answered>;

async function load({ model, dataDir, limits, inference }: QuarantineSetup): Promise<Answer> {
  configureSharp();
  const storage = openImages(dataDir);
  const reader = new ImageReader(limits);
  const pool = new InferencePool(inference);
  const [report] = await pool.start([{ ...model, batch: { ...model.batch, max: 1 } }]);
  if (!report?.ok) throw new Error(report?.problem ?? 'the model was not loaded');
  return async ({ sha256, parameters }) => {
    const prepared = await reader.prepare(storage.read(sha256), report.input);
    const { decodeMs } = prepared;
    if (!prepared.ok) return withoutInference(prepared.error, decodeMs);
    const { outcomes, inferenceMs } = await pool.run(versionKey(model.name, model.version), [
      { ...prepared.image, parameters },
    ]);
    const outcome = outcomes[0];
    if (!outcome) throw new Error('the engine gave no answer');
    return { outcome, decodeMs, batchMs: 0, inferenceMs, batchSize: 1 };
  };
}

let answer: Answer | null = null;

async function reply(message: QuarantineSetup | QuarantineRequest): Promise<QuarantineReply> {
  try {
    if ('sha256' in message) {
      if (!answer) throw new Error('an image came before the model');
      return { answered: await answer(message) };
    }
    answer = await load(message);
    return { ready: true };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

process.on('message', (message: QuarantineSetup | QuarantineRequest) => {
  void reply(message).then((answered) => process.send?.(answered));
});
process.once('disconnect', () => process.exit(0));
