/** Turns the measurement of converted models into a report. */

import type { Spread } from '../load/latency.js';
import { type Machine, machineSentence } from '../report/machine.js';
import { figure, type Report } from '../report/report.js';
import type { ConvertedRow } from './converted.js';

const range = ({ median, min, max }: Spread) => `${figure(median)} (${figure(min)}–${figure(max)})`;
const times = (one: Spread, other: Spread) => one.median / other.median;

export function convertedReport(rows: readonly ConvertedRow[], machine: Machine): Report {
  const least = Math.min(...rows.map(({ original, converted }) => times(original.cpuMs, converted.cpuMs)));
  return {
    title: 'Converted models beside TensorFlow.js',
    verdict: `TensorFlow.js takes at least ${figure(least)} times the CPU of the converted models.`,
    sections: [
      { heading: 'Machine', text: [machineSentence(machine)] },
      {
        heading: 'Models',
        text: [
          'One image at a time on one thread, both in turns in one process, with the outputs that a prediction asks for; CPU of that thread, medians, with least and most in brackets. The difference is the largest between their outputs, relative above 1.',
        ],
        tables: [
          {
            columns: [
              'model',
              'CPU ms converted',
              'CPU ms on TensorFlow.js',
              'times',
              'time, times',
              'difference',
              'runs on',
            ],
            rows: rows.map(({ name, converted, original, difference }) => [
              name,
              range(converted.cpuMs),
              range(original.cpuMs),
              figure(times(original.cpuMs, converted.cpuMs)),
              figure(times(original.elapsedMs, converted.elapsedMs)),
              difference.toExponential(1),
              `${converted.runtime}; ${original.runtime}`,
            ]),
          },
        ],
      },
    ],
  };
}
