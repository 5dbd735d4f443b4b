/** Data sets, items and imports as clients see them. */
import {
  type ClassCount,
  DATASET_ID,
  type DatasetView,
  type ImportView,
  type ItemView,
} from '@scry/shared/contracts/dataset';
import type { Item } from '@scry/shared/database/dataset-items';
import type { Dataset, DatasetImport } from '@scry/shared/database/datasets';
import { z } from 'zod';

const id = z.string().regex(DATASET_ID, 'must be an id that was given out');
export const datasetParams = z.object({ id });
export const itemParams = z.object({ id, item: id });
export const importParams = z.object({ id, import: id });

export function presentDataset(dataset: Dataset, classes: readonly ClassCount[]): DatasetView {
  return {
    id: dataset.id,
    name: dataset.name,
    description: dataset.description,
    items: dataset.items,
    classes: [...classes],
    created_at: dataset.createdAt.toISOString(),
    changed_at: dataset.changedAt.toISOString(),
  };
}

/** @param base where links begin */
export function presentItem(item: Item, base: string): ItemView {
  const url = `${base}/v1/datasets/${item.datasetId}/items/${item.id}`;
  return {
    id: item.id,
    class: item.class,
    split: item.split,
    source: item.source,
    file_name: item.fileName,
    image: item.image,
    boxes: item.boxes && [...item.boxes],
    created_at: item.createdAt.toISOString(),
    urls: { image: `${url}/image`, thumbnail: `${url}/thumbnail` },
  };
}

export function presentImport(found: DatasetImport): ImportView {
  const { id: importId, state, added, repeated, skipped, report, error, createdAt } = found;
  return {
    ...{ id: importId, state, added, repeated, skipped, error },
    report: [...report],
    created_at: createdAt.toISOString(),
  };
}
