/** Trainings as clients see them. */
import type { TrainingView } from '@scry/shared/contracts/training';
import type { Training } from '@scry/shared/database/trainings';

export function presentTraining(training: Training): TrainingView {
  const { id, state, method, progress, error, metrics, createdAt, startedAt, endedAt } = training;
  const { label, ...settings } = training.settings;
  return {
    ...{ id, state, method, settings, progress, error, metrics },
    dataset: { id: training.datasetId, name: training.datasetName, hash: training.datasetHash },
    curve: [...training.curve],
    log: [...training.log],
    model: { name: training.name, version: training.modelVersion, label },
    created_at: createdAt.toISOString(),
    started_at: startedAt?.toISOString() ?? null,
    ended_at: endedAt?.toISOString() ?? null,
  };
}
