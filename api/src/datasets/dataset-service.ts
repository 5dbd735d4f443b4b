/**
 * What can be done with data sets, free of HTTP. An image of a data set is checked and stored as an upload is; the row comes
 * after the file, and a file without a row is removed by the maintenance.
 */
import { type ItemBox, type ItemSource, newDatasetId, type Split } from '@scry/shared/contracts/dataset';
import type { ImageInfo } from '@scry/shared/contracts/prediction';
import type { DatasetItemStore, Item, ItemFields } from '@scry/shared/database/dataset-items';
import type { Dataset, DatasetStore } from '@scry/shared/database/datasets';
import type { ImageStorage, PendingImage } from '@scry/shared/storage/image-storage';
import { Problem } from '../http/problems.js';
import { describeImage } from '../predictions/create/probe.js';

/** What is said of an image that is added. */
export interface ItemDescription {
  readonly class: string | null;
  readonly split: Split | null;
  readonly source: ItemSource;
  readonly fileName: string | null;
  readonly boxes?: readonly ItemBox[] | null;
}

export interface AddedItem {
  readonly item: Item;
  /** False: the data set had the image already, and it stays as it was. */
  readonly created: boolean;
}

export interface DatasetServiceParts {
  readonly datasets: DatasetStore;
  readonly items: DatasetItemStore;
  readonly storage: ImageStorage;
  readonly maxPixels: number;
  /** Removes an image that nothing needs any more. */
  readonly removeUnneeded: (sha256: string) => Promise<boolean>;
}

const invalid = (field: string, message: string) =>
  new Problem('invalid-request', `${field}: ${message}.`, { errors: [{ field, message }] });

export class DatasetService {
  readonly #parts: DatasetServiceParts;

  constructor(parts: DatasetServiceParts) {
    this.#parts = parts;
  }

  /** @throws Problem "invalid-request" when another data set has the name */
  async create(name: string, description: string, createdBy: string | null): Promise<Dataset> {
    const made = await this.#parts.datasets.create(newDatasetId(), name, description, createdBy);
    if (made) return made;
    throw invalid('name', `"${name}" is the name of another data set; choose another`);
  }

  /** @throws Problem "dataset-not-found" or "invalid-request" */
  async change(id: string, name: string | undefined, description: string | undefined): Promise<Dataset> {
    const changed = await this.#parts.datasets.change(id, name ?? null, description ?? null);
    if (changed === 'taken')
      throw invalid('name', `"${name}" is the name of another data set; choose another`);
    if (changed) return changed;
    throw noDataset(id);
  }

  /** @throws Problem "dataset-not-found" */
  async get(id: string): Promise<Dataset> {
    const found = await this.#parts.datasets.get(id);
    if (found) return found;
    throw noDataset(id);
  }

  /** Removes a data set with its items; images that nothing else needs go with the maintenance. @throws Problem "dataset-not-found" */
  async remove(id: string): Promise<void> {
    if (!(await this.#parts.datasets.remove(id))) throw noDataset(id);
  }

  /**
   * Adds an image that has arrived. The same image again is the item that it is already.
   * @throws Problem "dataset-not-found", and what is wrong with the image; it is still the caller's to discard then
   */
  async add(datasetId: string, upload: PendingImage, description: ItemDescription): Promise<AddedItem> {
    return this.addStored(datasetId, await this.store(upload), description);
  }

  /** Keeps an image that has arrived, for `addStored`. @throws Problem: what is wrong with it; it is still the caller's then */
  async store(upload: PendingImage): Promise<ImageInfo> {
    const image = await describeImage(upload, this.#parts.maxPixels);
    await upload.keep();
    return image;
  }

  /** Adds an image that is stored already. @throws Problem "dataset-not-found" or "image-gone" */
  async addStored(datasetId: string, image: ImageInfo, description: ItemDescription): Promise<AddedItem> {
    const { items, storage, removeUnneeded } = this.#parts;
    const { class: label, split, source, fileName, boxes = null } = description;
    const added = await items.add({
      id: newDatasetId(),
      datasetId,
      image,
      class: label,
      split,
      source,
      fileName,
      boxes,
    });
    if (!added) {
      const item = await items.byImage(datasetId, image.sha256);
      if (item) return { item, created: false };
      await removeUnneeded(image.sha256);
      throw noDataset(datasetId);
    }
    if (await storage.has(image.sha256)) return { item: added, created: true };
    await items.remove(datasetId, [added.id]); // it was removed between keeping and adding
    throw new Problem('image-gone', 'The image was being removed just now. Send it again.');
  }

  /** Changes items alike. @returns those that there were. @throws Problem "dataset-not-found" */
  async changeItems(datasetId: string, ids: readonly string[], fields: ItemFields): Promise<readonly Item[]> {
    const changed = await this.#parts.items.change(datasetId, ids, fields);
    if (changed.length === 0) await this.get(datasetId);
    return changed;
  }

  /** Takes items out; images that nothing else needs are removed. @throws Problem "dataset-not-found" */
  async removeItems(datasetId: string, ids: readonly string[]): Promise<readonly Item[]> {
    const removed = await this.#parts.items.remove(datasetId, ids);
    if (removed.length === 0) await this.get(datasetId);
    for (const { image } of removed) await this.#parts.removeUnneeded(image.sha256);
    return removed;
  }

  /** @throws Problem "dataset-not-found" or "item-not-found" */
  async item(datasetId: string, id: string): Promise<Item> {
    const found = await this.#parts.items.get(datasetId, id);
    if (found) return found;
    await this.get(datasetId);
    throw new Problem('item-not-found', `The data set has no item "${id}".`);
  }
}

export function noDataset(id: string): Problem {
  return new Problem('dataset-not-found', `There is no data set "${id}". GET /v1/datasets lists them.`);
}
