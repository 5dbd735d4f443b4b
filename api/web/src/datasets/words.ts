/** What an item's fields may be; the contracts say the same, and bring a library along. */
import type { ItemSource, Split } from '@scry/shared/contracts/dataset';

export const SPLITS = ['train', 'validation', 'test'] as const satisfies readonly Split[];
export const ITEM_SOURCES = [
  'upload',
  'zip',
  'prediction',
  'feedback',
] as const satisfies readonly ItemSource[];
