/** Versions and labels as clients see them. */
import { MODEL_NAME } from '@scry/shared/contracts/manifest';
import { LABEL_NAME, type LabelView, VERSION_NAME, type VersionView } from '@scry/shared/contracts/version';
import type { StoredLabel, Version } from '@scry/shared/database/model-versions';
import type { LiveWorker } from '@scry/shared/database/workers';
import type { Task } from '@scry/shared/tasks/registry';
import { z } from 'zod';
import { withoutFolders } from '../public-text.js';

export const modelParams = z.object({ name: z.string().regex(MODEL_NAME, 'must be the name of a model') });
export const versionParams = modelParams.extend({
  version: z.string().regex(VERSION_NAME, 'must be the name of a version'),
});
export const labelParams = modelParams.extend({
  label: z.string().regex(LABEL_NAME, 'must be the name of a label'),
});

const iso = (date: Date | null) => date?.toISOString() ?? null;

export function presentLabel({ label, version, weight, previous, changedAt }: StoredLabel): LabelView {
  return { label, version, weight, previous, changed_at: changedAt.toISOString() };
}

/** @param workers those that live, for where the version is loaded */
export function presentVersion(
  version: Version,
  labels: readonly StoredLabel[],
  workers: readonly LiveWorker[],
): VersionView {
  const { name, manifest } = version;
  return {
    model: name,
    version: version.version,
    id: version.id,
    state: version.state,
    reason: version.reason === null ? null : withoutFolders(version.reason),
    task: (manifest.task as Task | undefined) ?? null,
    engine: (manifest.engine as VersionView['engine'] | undefined) ?? null,
    manifest: { ...manifest },
    notes: [...version.notes],
    files: [...version.files],
    bytes: version.bytes,
    source: version.source,
    labels: labels
      .filter((one) => one.name === name && one.version === version.version)
      .map(({ label }) => label),
    pinned: version.pinned,
    metrics: version.metrics && { ...version.metrics },
    loaded: workers.flatMap(({ id, models }) =>
      models
        .filter((one) => one.name === name && one.version === version.version && one.loaded !== false)
        .map(({ device, runtime }) => ({ worker: id, device, runtime })),
    ),
    created_at: version.createdAt.toISOString(),
    checked_at: iso(version.checkedAt),
  };
}
