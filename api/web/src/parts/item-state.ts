/** Where an image of the list stands. */
import type { Item } from '../state/uploads.js';
import { percent, type Texts } from '../texts/index.js';
import { outcomeOf } from './outcome.js';

/** One line. */
export function stateOf(item: Item, t: Texts): string {
  if (item.phase === 'refused') return t.state.refused;
  if (item.phase === 'waiting') return item.error ? t.state.held : t.state.queued;
  if (item.prediction) return outcomeOf(item.prediction, t, 0);
  return item.phase === 'sent' ? t.common.loading : t.state.uploading(percent(item.progress, 0));
}

export type Mark = 'busy' | 'good' | 'bad';

export function markOf(item: Item): Mark {
  if (item.phase === 'refused') return 'bad';
  const status = item.prediction?.status;
  if (status === 'succeeded') return 'good';
  return status === undefined || status === 'queued' || status === 'processing' ? 'busy' : 'bad';
}
