/** Which other prediction the answer on show stands beside: its id, or null. Another image on show ends it. */
import { Observable } from './observable.js';
import { type Item, items, selected } from './uploads.js';

export const compared = new Observable<string | null>(null);

selected.watch(() => {
  compared.value = null;
});

/** Shows an item beside the answer of another prediction; null: alone. */
export function compareWith(key: number, other: string | null): void {
  selected.value = key;
  compared.value = other;
}

/** What an item is best compared with: another answer about the same image, else about another one. */
export function partnerOf({ prediction }: Item): Item | undefined {
  const others = items.value.filter((item) => item.prediction && item.id !== prediction?.prediction_id);
  const sha256 = prediction?.image.sha256;
  return others.find((item) => item.prediction?.image.sha256 === sha256) ?? others[0];
}
