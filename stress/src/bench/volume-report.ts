/** Turns the measurement of a full database into a report. */
import type { LatencySummary } from '../load/latency.js';
import { type Machine, machineSentence } from '../report/machine.js';
import { figure, type Report, type Table } from '../report/report.js';
import type { Calls, MemorySample, VolumeResult } from './volume.js';

const NAMES: readonly (readonly [keyof Calls, string])[] = [
  ['create', 'create and wait for the answer'],
  ['poll', 'poll one'],
  ['list', 'list the newest 50'],
  ['listOfModel', 'list the newest 50 of a model'],
];

function callsTable({ before, after }: VolumeResult): Table {
  const cells = ({ p50, p99 }: LatencySummary) => [figure(p50), figure(p99)];
  return {
    columns: ['ms', 'empty: p50', 'p99', 'full: p50', 'p99'],
    rows: NAMES.map(([key, name]) => [name, ...cells(before[key]), ...cells(after[key])]),
  };
}

/** The samples at these parts of the way. */
const PARTS_OF_WAY = [0.1, 0.25, 0.5, 0.75, 1];

function memoryTable(samples: readonly MemorySample[]): Table {
  const chosen = PARTS_OF_WAY.map(
    (part) => samples[Math.min(samples.length - 1, Math.floor(part * samples.length))],
  ).filter((sample) => sample !== undefined);
  const parts = Object.keys(chosen[0]?.memory ?? {});
  return {
    columns: ['MiB after', ...chosen.map(({ predictions }) => predictions.toLocaleString('en-GB'))],
    rows: parts.map((part) => [part, ...chosen.map(({ memory }) => figure(memory[part] ?? 0))]),
  };
}

export function volumeReport(result: VolumeResult, machine: Machine): Report {
  const { before, after, finishedRows, queuedRows, memory, perSecond, bad, reasons } = result;
  const parts = Object.keys(memory[0]?.memory ?? {});
  return {
    title: 'Much data',
    verdict: `Creating takes ${figure(after.create.p50)} ms beside ${finishedRows.toLocaleString('en-GB')} finished and ${queuedRows.toLocaleString('en-GB')} queued predictions, and ${figure(before.create.p50)} ms in an empty database.`,
    sections: [
      { heading: 'How it was measured', text: [machineSentence(machine)] },
      { heading: 'Times of single calls', tables: [callsTable(result)] },
      {
        heading: 'Memory over many predictions',
        text: [
          `${figure(perSecond)} predictions/s of the identity model, clients wait; ${bad} failed or were refused.`,
          ...reasons,
        ],
        tables: [memoryTable(memory)],
        plots: [
          {
            title: 'Memory',
            x: 'predictions',
            y: 'MiB',
            series: parts.map((part) => ({
              name: part,
              points: memory.map((sample) => [sample.predictions, sample.memory[part] ?? 0] as const),
            })),
          },
        ],
      },
    ],
  };
}
