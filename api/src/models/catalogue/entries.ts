/** All models that can be pulled. */
import { cocoObjects } from './coco-objects.js';
import type { CatalogueEntry } from './entry.js';

export const CATALOGUE: readonly CatalogueEntry[] = [cocoObjects];
