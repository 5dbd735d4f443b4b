/** Makes a version of a model of what a training wrote. Done twice, it is the same version. */
import { createReadStream } from 'node:fs';
import path from 'node:path';
import type { ModelLabelStore } from '@scry/shared/database/model-labels';
import type { ModelVersionStore } from '@scry/shared/database/model-versions';
import type { Training } from '@scry/shared/database/trainings';
import { contentId, modelBlob } from '@scry/shared/models/version-content';
import type { Blobs } from '@scry/shared/storage/blobs';
import type { FromProcess } from './protocol.js';

export interface PublishParts {
  readonly blobs: Blobs;
  readonly versions: ModelVersionStore;
  readonly labels: ModelLabelStore;
}

type Done = Extract<FromProcess, { kind: 'done' }>;

const MOST_BYTES = 2 ** 32;

/** What is known of how the version came to be, beside what was measured. */
function originOf({ id, datasetId, datasetName, datasetHash, settings }: Training): object {
  const { label: _wanted, ...rest } = settings;
  return { training: id, dataset: { id: datasetId, name: datasetName, hash: datasetHash }, settings: rest };
}

/** "20260131-1a2b3c": the day and the content. */
function versionName(day: Date, id: string): string {
  return `${day.toISOString().slice(0, 10).replaceAll('-', '')}-${id.slice(0, 6)}`;
}

/**
 * The training's process has loaded the model as a worker would, so the version is ready at once.
 * @returns its name
 */
export async function publish(
  { blobs, versions, labels }: PublishParts,
  training: Training,
  { folder, manifest, metrics, curve }: Done & { readonly curve: Training['curve'] },
): Promise<string> {
  const { name } = training;
  const pending = await blobs.receive(createReadStream(path.join(folder, 'model.onnx')), MOST_BYTES);
  try {
    const files = [{ path: 'model.onnx', sha256: pending.sha256, bytes: pending.bytes }];
    const id = contentId(manifest, files);
    const label = training.settings.label;
    const known = await versions.byContent(name, id);
    const version = known?.version ?? versionName(training.createdAt, id);
    if (!known)
      await versions.create(
        {
          ...{ name, version, id, manifest, files },
          source: 'training',
          createdBy: training.createdBy,
          label: label === null ? null : { label, weight: 0 },
          metrics: { ...originOf(training), ...metrics, curve },
        },
        () => pending.keep(modelBlob(pending.sha256)),
      );
    const made = { ...manifest, name, version };
    const finished = await versions.finishCheck(name, version, { ok: true, manifest: made, notes: [] });
    if (!finished && label !== null) await labels.set(name, label, version, 0);
    return version;
  } finally {
    await pending.discard();
  }
}
