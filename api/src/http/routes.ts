/** Every route, in the order in which the document shows them. */

import { createKey, listKeys, revokeKey } from '../auth/keys.js';
import {
  changeDataset,
  createDataset,
  exportDataset,
  getDataset,
  listDatasets,
  removeDataset,
} from '../datasets/routes/datasets.js';
import { getImport, importZip } from '../datasets/routes/imports.js';
import { itemImage, itemThumbnail } from '../datasets/routes/item-images.js';
import { addItem, changeItems, listItems, removeItems } from '../datasets/routes/items.js';
import { addAllPredicted, addPredicted, addReported } from '../datasets/routes/known-images.js';
import { giveFeedback, listFeedback } from '../feedback/feedback.js';
import { settleFeedback } from '../feedback/settle.js';
import { getModel, listModels } from '../models/models.js';
import { modelReadme } from '../models/readme.js';
import { versionAnswers } from '../models/routes/answers.js';
import { getCatalogueItem, listCatalogue, pullModel } from '../models/routes/catalogue.js';
import { listLabels, promoteLabel, removeLabel, rollBackLabel, setLabel } from '../models/routes/labels.js';
import { pushModel } from '../models/routes/push.js';
import { getQueue, setQueue } from '../models/routes/queue.js';
import { reviseVersion } from '../models/routes/revise.js';
import {
  exportVersion,
  getVersion,
  listVersions,
  loadVersion,
  removeModel,
  removeVersion,
  retireVersion,
  unloadVersion,
} from '../models/routes/versions.js';
import { modelSample } from '../models/samples.js';
import { health, metrics, readiness } from '../operations/health.js';
import { statisticsHistory } from '../operations/history.js';
import { getLimits } from '../operations/limits.js';
import { getStatistics, modelStatistics, statisticsEvents } from '../operations/statistics.js';
import { storageUse } from '../operations/storage.js';
import { createPrediction } from '../predictions/create/create.js';
import { putPrediction } from '../predictions/create/put.js';
import { cancelPrediction } from '../predictions/end/cancel-route.js';
import { deletePrediction } from '../predictions/end/delete.js';
import { annotatedImage, crop, mask } from '../predictions/read/annotated.js';
import { getPrediction } from '../predictions/read/get.js';
import { predictionImage } from '../predictions/read/image.js';
import { predictionInput } from '../predictions/read/input.js';
import { listPredictions } from '../predictions/read/list.js';
import { predictionPosition } from '../predictions/read/position.js';
import { predictionThumbnail } from '../predictions/read/thumbnail.js';
import { listUnsure } from '../predictions/read/unsure.js';
import { retryPredictions } from '../predictions/retry/route.js';
import { predictionEvents } from '../predictions/wait/events.js';
import { listAnswers } from '../trainings/routes/answers.js';
import { trainingEvents } from '../trainings/routes/events.js';
import { trainingStatistics } from '../trainings/routes/statistics.js';
import { cancelTraining, createTraining, getTraining, listTrainings } from '../trainings/routes/trainings.js';
import { webhookSecret } from '../webhooks/verification-key.js';
import { problemType } from './problem-pages.js';
import type { AnyRoute } from './route.js';

export const routes: readonly AnyRoute[] = [
  createPrediction,
  putPrediction,
  getPrediction,
  predictionEvents,
  cancelPrediction,
  listPredictions,
  retryPredictions,
  deletePrediction,
  predictionImage,
  annotatedImage,
  crop,
  mask,
  predictionThumbnail,
  predictionInput,
  predictionPosition,
  giveFeedback,
  listFeedback,
  settleFeedback,
  listDatasets,
  createDataset,
  getDataset,
  changeDataset,
  removeDataset,
  exportDataset,
  listItems,
  addItem,
  changeItems,
  removeItems,
  addPredicted,
  addReported,
  addAllPredicted,
  itemImage,
  itemThumbnail,
  importZip,
  getImport,
  createTraining,
  listTrainings,
  getTraining,
  trainingEvents,
  cancelTraining,
  listAnswers,
  listModels,
  getModel,
  pushModel,
  listVersions,
  getVersion,
  reviseVersion,
  versionAnswers,
  loadVersion,
  unloadVersion,
  retireVersion,
  removeModel,
  removeVersion,
  exportVersion,
  listLabels,
  setLabel,
  removeLabel,
  rollBackLabel,
  promoteLabel,
  getQueue,
  setQueue,
  listCatalogue,
  getCatalogueItem,
  pullModel,
  modelReadme,
  modelSample,
  listUnsure,
  modelStatistics,
  trainingStatistics,
  getStatistics,
  statisticsEvents,
  statisticsHistory,
  storageUse,
  listKeys,
  createKey,
  revokeKey,
  webhookSecret,
  getLimits,
  health,
  readiness,
  metrics,
  problemType,
];
