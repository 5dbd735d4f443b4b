/** What the routes of trainings need, put together. */
import { ChangeListener } from '@scry/shared/database/change-listener';
import type { Database } from '@scry/shared/database/database';
import { ModelVersionStore } from '@scry/shared/database/model-versions';
import { TrainingAnswerStore } from '@scry/shared/database/training-answers';
import { TRAININGS_CHANNEL, TrainingStore } from '@scry/shared/database/trainings';
import type { Config } from '@scry/shared/runtime/config';
import { TrainingService, type TrainingServiceParts } from './training-service.js';

export interface TrainingServices {
  readonly trainings: TrainingService;
  readonly trainingStore: TrainingStore;
  readonly trainingAnswers: TrainingAnswerStore;
  readonly trainingChanges: ChangeListener;
}

export type TrainingParts = Omit<
  TrainingServiceParts,
  'store' | 'versions' | 'changes' | 'modelsDir' | 'maxWaiting'
> & {
  readonly database: Database;
  readonly config: Config;
};

/** Begins to listen for changes of trainings. */
export async function openTrainings({
  database,
  config,
  ...parts
}: TrainingParts): Promise<TrainingServices> {
  const trainingStore = new TrainingStore(database);
  const trainingChanges = new ChangeListener(config.DATABASE_URL, parts.log, TRAININGS_CHANNEL);
  await trainingChanges.start();
  const trainings = new TrainingService({
    ...parts,
    store: trainingStore,
    versions: new ModelVersionStore(database),
    changes: trainingChanges,
    modelsDir: config.MODELS_DIR,
    maxWaiting: config.MAX_WAITING,
  });
  return { trainings, trainingStore, trainingAnswers: new TrainingAnswerStore(database), trainingChanges };
}
