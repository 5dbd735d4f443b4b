/** The table that `npm run test:attacks` prints; Markdown, so that it can go into docs/reliability.md as it is. */
import { markdownTable } from './markdown-table.mjs';

const HEAD = ['attack', 'before', 'now', 'API memory', 'p95 of others', 'slowest /healthz', 'others failed'];

const milliseconds = (value) => (value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`);

function attackRow({ attack, before, now, peakMiB, calmP95Ms, p95Ms, slowestHealthMs, asked, failed }) {
  const times = `${milliseconds(calmP95Ms)} → ${milliseconds(p95Ms)}`;
  return [
    attack,
    before,
    now,
    `${Math.round(peakMiB)} MiB`,
    times,
    milliseconds(slowestHealthMs),
    `${failed} of ${asked}`,
  ];
}

/** @param {readonly object[]} entries what the tests reported, in order @returns {string} */
export function attackTable(entries) {
  return entries.length > 0 ? markdownTable([HEAD, ...entries.map(attackRow)]) : 'No attack was tried.';
}
