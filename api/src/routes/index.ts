/** Every route, in the order in which the document shows them. */
import type { Route } from '../route.js';
import { giveFeedback, listFeedback } from './feedback.js';
import { health, metrics, readiness } from './health.js';
import { createKey, listKeys, revokeKey } from './keys.js';
import { modelReadme } from './model-readme.js';
import { getModel, listModels } from './models.js';
import { annotatedPicture, crop } from './predictions/annotated.js';
import { cancelPrediction } from './predictions/cancel.js';
import { createPrediction } from './predictions/create.js';
import { deletePrediction } from './predictions/delete.js';
import { predictionEvents } from './predictions/events.js';
import { getPrediction } from './predictions/get.js';
import { predictionImage } from './predictions/image.js';
import { listPredictions } from './predictions/list.js';
import { predictionPosition } from './predictions/position.js';
import { putPrediction } from './predictions/put.js';
import { predictionThumbnail } from './predictions/thumbnail.js';
import { problemType } from './problems.js';
import { getStatistics, modelStatistics, statisticsEvents } from './statistics.js';
import { webhookSecret } from './webhooks.js';

export const routes: readonly Route[] = [
  createPrediction,
  putPrediction,
  getPrediction,
  predictionEvents,
  cancelPrediction,
  listPredictions,
  deletePrediction,
  predictionImage,
  annotatedPicture,
  crop,
  predictionThumbnail,
  predictionPosition,
  giveFeedback,
  listFeedback,
  listModels,
  getModel,
  modelReadme,
  modelStatistics,
  getStatistics,
  statisticsEvents,
  listKeys,
  createKey,
  revokeKey,
  webhookSecret,
  health,
  readiness,
  metrics,
  problemType,
];
