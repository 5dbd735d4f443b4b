/** Tries failed predictions again: each becomes a new prediction, since a result is written once and never changes. */
import { newPredictionId } from '@scry/shared/contracts/prediction';
import { STABLE, versionKey } from '@scry/shared/contracts/version';
import type { PredictionRetryStore } from '@scry/shared/database/prediction-retries';
import type { Prediction } from '@scry/shared/database/predictions';
import { expectedEngine } from '@scry/shared/models/model-folders';
import { Problem } from '../../http/problems.js';
import type { Needs } from '../../http/route.js';
import type { ReadyVersion } from '../../models/model-registry.js';

/** What became of one failed prediction: the new one's id, or why there is none. */
export type Retried =
  | { readonly of: string; readonly id: string }
  | {
      readonly of: string;
      readonly skipped: 'image' | 'model' | 'retried' | 'overloaded';
      readonly message: string;
    };

export type RetryServices = Needs<
  'storage' | 'models' | 'serving' | 'backlog' | 'queues' | 'metrics' | 'predictions'
> & { readonly retries: Pick<PredictionRetryStore, 'create'> };

/** What was asked for then means what it means now: a label may point to another version, which is often why one retries. */
function referenceTo({ model, modelVersion, modelLabel }: Prediction): string {
  if (modelLabel === null) return versionKey(model, modelVersion);
  return modelLabel === STABLE ? model : `${model}@${modelLabel}`;
}

/** The version that answers now. @throws Problem when there is none that does */
async function versionNow({ models, serving }: RetryServices, failed: Prediction, id: string) {
  const resolved = await models.resolve(referenceTo(failed), id);
  const { name, version, checkedAt } = resolved.version;
  models.admit(name);
  await serving.admit(versionKey(name, version), checkedAt);
  return resolved;
}

const GONE = 'The image is no longer stored.';

async function create(
  services: RetryServices,
  failed: Prediction,
  id: string,
  { version, label }: { readonly version: ReadyVersion; readonly label: string | null },
): Promise<Retried> {
  const { storage, predictions, queues, metrics, backlog } = services;
  const { manifest, name } = version;
  const { sha256 } = failed.image;
  const created = await services.retries.create({
    ...{ of: failed.id, id, modelVersion: version.version, modelLabel: label },
    ...{ task: manifest.task, engine: expectedEngine(manifest) },
  });
  if (!created) return { of: failed.id, skipped: 'retried', message: 'It was tried again already.' };
  if (!(await storage.has(sha256))) {
    await predictions.delete(id); // the last other prediction with this image was deleted meanwhile
    return { of: failed.id, skipped: 'image', message: GONE };
  }
  backlog.add(name);
  metrics.created.inc({ model: name });
  const times = { createdAt: created.createdAt.getTime(), expiresAt: null };
  const job = { id, sha256, parameters: failed.parameters, ...times };
  if (!(await queues.add(versionKey(name, version.version), job))) metrics.unqueued.inc({ model: name });
  return { of: failed.id, id };
}

/** Tries one failed prediction again. What keeps it from that is a value. @throws what storage and database say */
export async function retry(services: RetryServices, failed: Prediction): Promise<Retried> {
  const id = newPredictionId();
  if (!(await services.storage.has(failed.image.sha256)))
    return { of: failed.id, skipped: 'image', message: GONE };
  try {
    const version = await versionNow(services, failed, id);
    await services.backlog.admit(failed.model);
    return await create(services, failed, id, version);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const skipped = error.problem === 'overloaded' ? 'overloaded' : 'model';
    return { of: failed.id, skipped, message: error.message };
  }
}
