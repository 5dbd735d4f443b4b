/** Images to be labelled next: those of a data set without a class, or those that a model was least sure of. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import {
  addPrediction,
  changeItems,
  datasetPath,
  type ItemPage,
  itemPath,
  removeItems,
} from '../client/datasets.js';
import { getJson } from '../client/http.js';
import { predictionPath } from '../client/predictions.js';

export interface Candidate {
  readonly id: string;
  /** Where the image is. */
  readonly path: string;
  /** What the model answered, the most confident first; empty: nobody was asked. */
  readonly answers: readonly { readonly name: string; readonly confidence: number }[];
  /** Gives it a class. @returns what takes that back. @throws RequestFailed */
  readonly label: (name: string) => Promise<() => Promise<void>>;
}

/** Images loaded at once: more than anybody labels without a pause. */
const LOADED = 100;

async function unlabelled(dataset: string, signal: AbortSignal): Promise<Candidate[]> {
  const path = `${datasetPath(dataset)}/items?class=&limit=${LOADED}`;
  const { items } = await getJson<ItemPage>(path, signal);
  return items.map(({ id }) => ({
    id,
    path: `${itemPath(dataset, id)}/image`,
    answers: [],
    label: async (name) => {
      await changeItems(dataset, [id], { class: name });
      return () => changeItems(dataset, [id], { class: null });
    },
  }));
}

async function unsure(dataset: string, model: string, signal: AbortSignal): Promise<Candidate[]> {
  const path = `/v1/models/${encodeURIComponent(model)}/unsure?dataset=${dataset}&limit=${LOADED}`;
  const { items } = await getJson<{ items: readonly PredictionView[] }>(path, signal);
  return items.map(({ prediction_id: id, output }) => ({
    id,
    path: `${predictionPath(id)}/image`,
    answers: (output?.predictions ?? []).map(({ class_name: name, confidence }) => ({ name, confidence })),
    label: async (name) => {
      const { item, created } = await addPrediction(dataset, id, name);
      if (created) return () => removeItems(dataset, [item.id]);
      await changeItems(dataset, [item.id], { class: name });
      return () => changeItems(dataset, [item.id], { class: item.class });
    },
  }));
}

/** @param model null: images of the data set without a class. @throws RequestFailed, AbortError */
export const loadCandidates = (
  dataset: string,
  model: string | null,
  signal: AbortSignal,
): Promise<Candidate[]> => (model === null ? unlabelled(dataset, signal) : unsure(dataset, model, signal));
