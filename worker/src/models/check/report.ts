/** What a check found, for people. */
import { noteText, type OpenedModel } from '../open-model.js';
import { isBetter } from './score.js';
import type { Search, Tried } from './search.js';
import type { Truth } from './truth.js';

const MOST_LABELS = 20;

/** Long lists of labels would hide the rest. */
function shortened(manifest: Readonly<Record<string, unknown>>): object {
  const { labels } = manifest;
  if (!Array.isArray(labels) || labels.length <= MOST_LABELS) return manifest;
  const more = `… ${labels.length} in all`;
  return { ...manifest, labels: [...labels.slice(0, MOST_LABELS), more] };
}

/** The completed manifest, and why each field is what it is. */
export function manifestText({ manifest, notes }: OpenedModel): string {
  const json = JSON.stringify(shortened(manifest), null, 2);
  if (notes.length === 0) return `${json}\nThe manifest says everything itself.`;
  const reasons = notes.map((note) => `  ${noteText(note)}`);
  return [json, 'Found out, since the manifest does not say:', ...reasons].join('\n');
}

const NAMES: Readonly<Record<Truth['kind'], string>> = { class: 'accuracy', boxes: 'AP50' };

/** "accuracy 0.812 on 100 images". */
export function triedText({ name, score }: Tried, kind: Truth['kind']): string {
  return `${NAMES[kind]} ${score.value.toFixed(3)} on ${score.images} images (${name})`;
}

const byScore = (a: Tried, b: Tried) =>
  b.score.value - a.score.value || b.score.certainty - a.score.certainty;
const MOST_ROWS = 8;

/** The best of what was tried, and what to write into the manifest when it is not what it says. */
export function searchText({ given, best, tried }: Search, kind: Truth['kind']): string {
  const rows = [...tried].sort(byScore).slice(0, MOST_ROWS);
  const width = Math.max(...rows.map(({ name }) => name.length));
  const table = rows.map(({ name, score }) => `  ${name.padEnd(width)}  ${score.value.toFixed(3)}`);
  const head = `The best of ${tried.length} settings, each from the best of those tried before (${NAMES[kind]}):`;
  if (!isBetter(best.score, given.score))
    return [head, ...table, 'None does better than those of the manifest.'].join('\n');
  const advice = `These do better (${NAMES[kind]} ${best.score.value.toFixed(3)} instead of ${given.score.value.toFixed(3)}); write into manifest.json:`;
  return [head, ...table, advice, `"input": ${JSON.stringify(best.input, null, 2)}`].join('\n');
}
