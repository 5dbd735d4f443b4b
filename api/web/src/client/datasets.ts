/** The API's calls about data sets. */
import type { DatasetView, ImportView, ItemChange, ItemView } from '@scry/shared/contracts/dataset';
import { getJson, postJson, RequestFailed, request, sendJson } from './http.js';
import { backoff, pause } from './pause.js';
import { sendForm } from './send-form.js';

export type { DatasetView, ImportView, ItemView };

export interface DatasetPage {
  readonly items: readonly DatasetView[];
  readonly next: string | null;
}

export interface ItemPage {
  readonly items: readonly ItemView[];
  readonly next: string | null;
}

/** The page is for people: more data sets than one answer lists are found by their address. */
export const DATASETS = '/v1/datasets?limit=200';
export const datasetPath = (id: string): string => `/v1/datasets/${encodeURIComponent(id)}`;
export const itemPath = (dataset: string, item: string): string =>
  `${datasetPath(dataset)}/items/${encodeURIComponent(item)}`;

/** Items that one call may change. */
const AT_ONCE = 1000;

export const createDataset = (name: string, description = ''): Promise<DatasetView> =>
  postJson('/v1/datasets', { name, description });

export const changeDataset = (
  id: string,
  change: { readonly name?: string; readonly description?: string },
): Promise<DatasetView> => sendJson('PATCH', datasetPath(id), change);

export async function removeDataset(id: string): Promise<void> {
  await request(datasetPath(id), { method: 'DELETE' });
}

export interface AddedItem {
  readonly item: ItemView;
  /** False: the data set had the image already, and it stays as it was. */
  readonly created: boolean;
}

async function added(response: Response): Promise<AddedItem> {
  return { item: (await response.json()) as ItemView, created: response.status === 201 };
}

/** @param label the class; null: not labelled. @throws RequestFailed, AbortError */
export async function addImage(
  dataset: string,
  image: { readonly file: Blob; readonly name: string; readonly label: string | null },
  signal: AbortSignal,
): Promise<AddedItem> {
  const form = new FormData();
  if (image.label !== null) form.set('class', image.label);
  form.set('file_name', image.name.slice(0, 200));
  form.set('image', image.file, image.name);
  return added(await request(`${datasetPath(dataset)}/items`, { method: 'POST', body: form, signal }));
}

/** Adds the image of a prediction. @param label the class; null: not labelled. @throws RequestFailed */
export async function addPrediction(
  dataset: string,
  predictionId: string,
  label: string | null,
): Promise<AddedItem> {
  const body = JSON.stringify({ prediction_id: predictionId, ...(label === null ? {} : { class: label }) });
  const headers = { 'Content-Type': 'application/json' };
  const path = `${datasetPath(dataset)}/items/from-prediction`;
  return added(await request(path, { method: 'POST', headers, body }));
}

/** Adds every image whose answer was reported wrong, with the label that was reported. @throws RequestFailed */
export const addReported = (
  dataset: string,
): Promise<{ readonly added: number; readonly repeated: number; readonly skipped: number }> =>
  postJson(`${datasetPath(dataset)}/items/from-feedback`, {});

function inParts(ids: readonly string[]): string[][] {
  const parts: string[][] = [];
  for (let at = 0; at < ids.length; at += AT_ONCE) parts.push(ids.slice(at, at + AT_ONCE));
  return parts;
}

/** Gives items a class or a split. @throws RequestFailed, with the items before it changed */
export async function changeItems(
  dataset: string,
  ids: readonly string[],
  change: ItemChange,
): Promise<void> {
  for (const part of inParts(ids))
    await sendJson('PATCH', `${datasetPath(dataset)}/items`, { ids: part, ...change });
}

/** @throws RequestFailed, with the items before it removed */
export async function removeItems(dataset: string, ids: readonly string[]): Promise<void> {
  for (const part of inParts(ids)) await postJson(`${datasetPath(dataset)}/items/remove`, { ids: part });
}

/** Sends a zip of images. @returns its import, which has begun. @throws RequestFailed, AbortError */
export function importZip(
  dataset: string,
  file: File,
  onProgress: (fraction: number) => void,
  signal: AbortSignal,
): Promise<ImportView> {
  const form = new FormData();
  form.set('file', file, file.name);
  return sendForm({ method: 'POST', path: `${datasetPath(dataset)}/import`, form, onProgress, signal });
}

const POLL_MS = 500;

/**
 * Follows an import to its end, however long the server cannot be reached meanwhile.
 * @param onChange told of every state seen, the last included
 * @throws RequestFailed (404, 401, …), AbortError
 */
export async function followImport(
  dataset: string,
  first: ImportView,
  onChange: (seen: ImportView) => void,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  for (let seen = first; ; ) {
    onChange(seen);
    if (seen.state !== 'running') return;
    await pause(failures > 0 ? backoff(failures) : POLL_MS, signal);
    try {
      seen = await getJson<ImportView>(`${datasetPath(dataset)}/imports/${first.id}`, signal);
      failures = 0;
    } catch (error) {
      if (!(error instanceof RequestFailed && error.canPass)) throw error;
      failures += 1;
    }
  }
}
