/** The API's calls about trainings, and about the versions that they make. */
import type { TrainingView } from '@scry/shared/contracts/training';
import type { LabelView } from '@scry/shared/contracts/version';
import { follow } from './follow.js';
import { postJson, sendJson } from './http.js';

export type { TrainingView };

export interface TrainingPage {
  readonly items: readonly TrainingView[];
  readonly next: string | null;
}

export const TRAININGS = '/v1/trainings?limit=50';
export const trainingPath = (id: string): string => `/v1/trainings/${encodeURIComponent(id)}`;
export const versionPath = (name: string, version: string): string =>
  `/v1/models/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`;

/** Whether nothing more happens to it. */
export const hasEnded = ({ state }: Pick<TrainingView, 'state'>): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'canceled';

/** What POST /v1/trainings takes; what is left out is as the method has it. */
export type TrainingRequest = Readonly<Record<string, unknown>> & {
  readonly dataset: string;
  readonly name: string;
};

/** @throws RequestFailed: 422 with the reason when it cannot succeed */
export const startTraining = (request: TrainingRequest): Promise<TrainingView> =>
  postJson('/v1/trainings', request);

/** @param keepBest makes a version of the best so far. @throws RequestFailed */
export const cancelTraining = (id: string, keepBest: boolean): Promise<TrainingView> =>
  postJson(`${trainingPath(id)}/cancel`, { keep_best: keepBest });

/** Follows a training to its end; `onChange` is told of every state. @throws RequestFailed, AbortError */
export const followTraining = (
  id: string,
  onChange: (training: TrainingView) => void,
  signal: AbortSignal,
): Promise<void> => follow({ path: trainingPath(id), hasEnded, onChange, signal });

/** Points a label at a version. @param weight percent of the predictions that name the model alone. @throws RequestFailed */
export const setLabel = (name: string, label: string, version: string, weight = 0): Promise<LabelView> =>
  sendJson('PUT', `/v1/models/${encodeURIComponent(name)}/labels/${label}`, { version, weight });
