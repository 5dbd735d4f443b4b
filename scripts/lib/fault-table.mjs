/** The table that `npm run test:faults` prints; Markdown, so that it can go into docs/reliability.md as it is. */
import { markdownTable } from './markdown-table.mjs';

const HEAD = [
  'fault',
  'accepted',
  'finished right',
  'lost',
  'doubled',
  'refused meanwhile',
  'recovered after',
];

const seconds = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;

function refusals(refused) {
  const parts = Object.entries(refused).map(([said, count]) => `${count} × ${said}`);
  return parts.length > 0 ? parts.join(', ') : '–';
}

function faultRow({ fault, accepted, right, lost, doubled, refused, recoveryS }) {
  return [fault, accepted, right, lost, doubled, refusals(refused), seconds(recoveryS)];
}

function corpusLines({ corpus, ends, peakMemoryMiB, seconds: took }) {
  const counted = Object.entries(ends)
    .sort(([, a], [, b]) => b - a)
    .map(([end, count]) => `${count} ${end}`);
  const { api, worker } = peakMemoryMiB;
  return `${corpus} hostile images in ${seconds(took)}: ${counted.join(', ')}. Peak memory: API ${Math.round(api)} MiB, worker ${Math.round(worker)} MiB.`;
}

/** "metadata/png-…" belongs to "png". */
function groupedByFormat(cases) {
  const formats = new Map();
  for (const one of cases) {
    const format = one.name.split(/[/-]/)[1];
    formats.set(format, [...(formats.get(format) ?? []), one]);
  }
  return formats;
}

/** The dearest of each format. */
function metadataTable({ metadata }) {
  const formats = groupedByFormat(metadata);
  const most = (rows, key) => rows.reduce((worst, row) => (row[key] > worst[key] ? row : worst));
  const rows = [...formats].map(([format, cases]) => {
    const [api, worker] = [most(cases, 'apiMiB'), most(cases, 'workerMiB')];
    return [
      format,
      cases.length,
      Math.round(api.apiMiB),
      Math.round(worker.workerMiB),
      seconds(most(cases, 'seconds').seconds),
    ];
  });
  return markdownTable([
    ['images full of metadata', 'cases', 'API, most MiB', 'worker, most MiB', 'longest'],
    ...rows,
  ]);
}

/** @param {readonly object[]} entries what the tests reported, in order @returns {string} */
export function faultTable(entries) {
  const faults = entries.filter((entry) => 'fault' in entry);
  const parts =
    faults.length > 0 ? [markdownTable([HEAD, ...faults.map(faultRow)])] : ['No fault was tested.'];
  parts.push(...entries.filter((entry) => 'note' in entry).map(({ note }) => note));
  parts.push(...entries.filter((entry) => 'corpus' in entry).map(corpusLines));
  parts.push(...entries.filter((entry) => 'metadata' in entry).map(metadataTable));
  return parts.join('\n\n');
}
