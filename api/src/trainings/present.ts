/** Trainings and what they found as clients see them. */
import type { TrainedVersion, TrainingAnswerView, TrainingView } from '@scry/shared/contracts/training';
import type { ListedAnswer, Trained } from '@scry/shared/database/training-answers';
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

/** @param base where links begin */
export function presentAnswer(answer: ListedAnswer, datasetId: string, base: string): TrainingAnswerView {
  const { item, class: name, answered, confidence, exists } = answer;
  const url = `${base}/v1/datasets/${datasetId}/items/${item}`;
  return {
    ...{ item, class: name, answered, confidence },
    urls: exists ? { image: `${url}/image`, thumbnail: `${url}/thumbnail` } : null,
  };
}

export function presentTrained(trained: Trained): TrainedVersion {
  const { id, version, method, datasetId, datasetName, startedAt, endedAt, metrics } = trained;
  const { images, train, test, loss, accuracy, accuracy_interval, macro_f1, cpu_seconds } = metrics;
  const ended = endedAt ?? new Date(0); // a training with a version has ended
  return {
    ...{ training: id, version, method, dataset: { id: datasetId, name: datasetName } },
    ended_at: ended.toISOString(),
    seconds: (ended.getTime() - (startedAt ?? ended).getTime()) / 1000,
    ...{ cpu_seconds, images, train, test },
    validation: { loss, accuracy, accuracy_interval, macro_f1 },
  };
}
