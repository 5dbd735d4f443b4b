/**
 * Takes a prediction over. After `accept` has said "created" it is never lost: the image is on disk, the row is
 * committed, and a job is handed out, or job recovery will make one from the row.
 */

import { CODES, type ImageInfo, type Parameters } from '@scry/shared/contracts/prediction';
import { versionKey } from '@scry/shared/contracts/version';
import type { Created, Prediction } from '@scry/shared/database/predictions';
import { expectedEngine } from '@scry/shared/models/model-folders';
import type { PendingImage } from '@scry/shared/storage/image-storage';
import { Problem } from '../../http/problems.js';
import type { Needs } from '../../http/route.js';
import type { ReadyVersion } from '../../models/model-registry.js';

/** Names of the services that accepting takes. */
export type AcceptNeeds =
  | 'storage'
  | 'storedFiles'
  | 'predictions'
  | 'queues'
  | 'metrics'
  | 'models'
  | 'serving'
  | 'backlog'
  | 'webhooks'
  | 'answerCache';

/** A checked request. */
export interface CreateRequest {
  readonly id: string;
  readonly version: ReadyVersion;
  /** The label that chose the version; null: it was asked for by its own name. */
  readonly label: string | null;
  /** Whether a version or label was asked for, and not the model alone. */
  readonly asksForVersion: boolean;
  readonly parameters: Parameters;
  readonly image: ImageInfo;
  /** Seconds after which an answer is of no use; null: never. */
  readonly expiresInS: number | null;
  /** Whom to tell of the end. */
  readonly webhook: { readonly url: string; readonly baseUrl: string } | null;
}

/** A new prediction, or the one that has the id already. */
export interface Accepted {
  readonly created: boolean;
  readonly prediction: Prediction;
}

/** What a prediction is answered by, whatever happens to the labels meanwhile. */
function promised({ name, version, manifest }: ReadyVersion, label: string | null) {
  const engine = expectedEngine(manifest);
  return { model: name, modelVersion: version, modelLabel: label, task: manifest.task, engine };
}

function freshRow({ id, version, label, parameters, image }: CreateRequest, times: Created): Prediction {
  return {
    id,
    status: 'queued',
    code: CODES.predicting,
    ...promised(version, label),
    parameters,
    image,
    output: null,
    error: null,
    metrics: null,
    cached: false,
    retryOf: null,
    startedAt: null,
    completedAt: null,
    ...times,
  };
}

async function enqueue(
  { queues, metrics }: Needs<'queues' | 'metrics'>,
  { id, version, parameters, image }: CreateRequest,
  times: Created,
): Promise<void> {
  const job = {
    id,
    sha256: image.sha256,
    parameters,
    createdAt: times.createdAt.getTime(),
    expiresAt: times.expiresAt?.getTime() ?? null,
  };
  const { name } = version;
  if (!(await queues.add(versionKey(name, version.version), job))) metrics.unqueued.inc({ model: name });
}

/**
 * Keeps the image and commits the row. An image whose row was not written is removed again, unless another uses it.
 * @returns null when the id is taken
 */
async function commit(
  { storage, predictions, storedFiles }: Needs<'storage' | 'predictions' | 'storedFiles'>,
  { id, version, label, parameters, image, expiresInS, webhook }: CreateRequest,
  upload: PendingImage,
): Promise<Created | null> {
  await upload.keep();
  const row = { id, ...promised(version, label), parameters, image, expiresInS, webhook };
  const created = await predictions.create(row);
  if (!created) {
    await storedFiles.removeUnneeded(image.sha256);
    return null;
  }
  if (await storage.has(image.sha256)) return created;
  // The last prediction with the same image was deleted between keep and create.
  await predictions.delete(id);
  throw new Problem('storage-unavailable', 'The same image was being deleted just now. Send it again.');
}

/**
 * @param idIsChosen by the client, so that it may be taken: looked up before anything is kept
 * @throws what storage and database say; the image is then still the caller's to discard
 */
export async function accept(
  services: Needs<AcceptNeeds>,
  request: CreateRequest,
  upload: PendingImage,
  idIsChosen: boolean,
): Promise<Accepted> {
  const { predictions, metrics, models, serving, backlog, webhooks, answerCache } = services;
  const earlier = idIsChosen ? await predictions.get(request.id) : null;
  if (earlier) return { created: false, prediction: earlier };
  const { name, version, checkedAt } = request.version;
  models.admit(name);
  await serving.admit(versionKey(name, version), checkedAt);
  await backlog.admit(name);
  const created = await commit(services, request, upload);
  if (created) {
    backlog.add(name);
    metrics.created.inc({ model: name });
    if (request.webhook) webhooks.deliverer.watch(request.id); // before there is a job, so before it can end
    const answered = await answerCache?.answer(request.id);
    if (answered) return { created: true, prediction: answered };
    await enqueue(services, request, created);
    return { created: true, prediction: freshRow(request, created) };
  }
  const winner = await predictions.get(request.id);
  if (winner) return { created: false, prediction: winner };
  throw new Problem(
    'id-taken',
    `"${request.id}" was taken a moment ago and is free again. Send the request again.`,
  );
}

/** True when a prediction is what was asked for: same image, model and parameters, and the same version if one was named. */
export function isSame(
  prediction: Prediction,
  { version, asksForVersion, parameters, image }: CreateRequest,
): boolean {
  const entries = (value: Parameters) =>
    JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  return (
    prediction.image.sha256 === image.sha256 &&
    prediction.model === version.name &&
    (!asksForVersion || prediction.modelVersion === version.version) &&
    entries(prediction.parameters) === entries(parameters)
  );
}
