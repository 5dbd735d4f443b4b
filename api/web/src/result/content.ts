/** What every way of showing a prediction needs: its image as it can be shown, its answers, and what of them is on show. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { useState } from 'preact/hooks';
import { useModels } from '../client/models.js';
import { predictionPath } from '../client/predictions.js';
import { useImageUrl } from '../parts/image-url.js';
import { useDetection } from './detection-state.js';
import { type Region, seenRegion } from './seen-region.js';
import { type Shown, type TaskView, viewOf } from './views.js';

/** Wide enough for a desk's screen; far smaller than what cameras make. */
const PREVIEW_SIZE = 1600;

const NO_ANSWERS: readonly never[] = [];
const NO_COLORS = {};

/** @param localUrl the image as this browser has it, where it was sent from here */
function useShownImage(prediction: PredictionView, localUrl: string | undefined) {
  const [localBroken, setLocalBroken] = useState(false);
  const [remoteBroken, setRemoteBroken] = useState(false);
  const local = localBroken ? undefined : localUrl;
  const path = `${predictionPath(prediction.prediction_id)}/thumbnail?size=${PREVIEW_SIZE}`;
  const remote = useImageUrl(local ? null : path);
  // A HEIC or TIFF is shown from the server's copy, which browsers can read.
  const onBroken = () => (local ? setLocalBroken(true) : setRemoteBroken(true));
  return { url: local ?? (remoteBroken ? null : remote.url), onBroken };
}

export interface Content {
  readonly view: TaskView;
  readonly shown: Shown;
  /** What the model saw of the image; null: all of it, or it is not known. */
  readonly seen: Region | null;
  readonly onBroken: () => void;
}

export function useContent(prediction: PredictionView, localUrl: string | undefined): Content {
  const { image, output, model, parameters } = prediction;
  const answers = output?.predictions ?? NO_ANSWERS;
  const state = useDetection(answers);
  const ownModel = useModels().models?.find(({ name }) => name === model.name);
  const { url, onBroken } = useShownImage(prediction, localUrl);
  const most = parameters.max_detections ?? ownModel?.parameters.max_detections ?? null;
  const colors = ownModel?.colors ?? NO_COLORS;
  const unsureBelow = ownModel?.unsure_below ?? null;
  const shown = {
    ...{ answers, most, state, colors, unsureBelow },
    image: { url, width: image.width, height: image.height },
  };
  const seen = ownModel ? seenRegion(image, ownModel.input) : null;
  return { view: viewOf(model.task), shown, seen, onBroken };
}
