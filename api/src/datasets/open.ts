/** What the routes of data sets need, put together. */

import type { Database } from '@scry/shared/database/database';
import { DatasetItemStore } from '@scry/shared/database/dataset-items';
import { DatasetStore } from '@scry/shared/database/datasets';
import type { Logger } from '@scry/shared/runtime/log';
import type { ImageStorage } from '@scry/shared/storage/image-storage';
import { DatasetService } from './dataset-service.js';
import { Imports } from './imports.js';

export interface DatasetServices {
  readonly datasets: DatasetService;
  readonly datasetStore: DatasetStore;
  readonly datasetItems: DatasetItemStore;
  readonly imports: Imports;
}

export interface DatasetParts {
  readonly database: Database;
  readonly storage: ImageStorage;
  readonly maxPixels: number;
  readonly removeUnneeded: (sha256: string) => Promise<boolean>;
  readonly log: Logger;
}

export function openDatasets({ database, log, ...parts }: DatasetParts): DatasetServices {
  const datasetStore = new DatasetStore(database);
  const datasetItems = new DatasetItemStore(database);
  const datasets = new DatasetService({ ...parts, datasets: datasetStore, items: datasetItems });
  return { datasets, datasetStore, datasetItems, imports: new Imports(datasetStore, log) };
}
