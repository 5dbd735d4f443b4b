/** Turns the measurement of resampling into a section of a report. */
import { figure, type Section } from '../report/report.js';
import type { ResamplingRow } from './resampling.js';

/** @param rows the first is what the others are compared with */
export function resamplingSection(rows: readonly ResamplingRow[]): Section {
  const fast = rows[0]?.cpuMs.median ?? Number.NaN;
  return {
    heading: 'Resampling',
    text: [
      'From a stored JPEG of 640 × 480 to 224 × 224 pixels, decoding included, in turns; medians, with least and most in brackets. Beside it the time of one JPEG of 50 megapixels, and the levels (of 255) by which a JPEG and a PNG of the same pixels come out different.',
    ],
    tables: [
      {
        columns: [
          'input.resample',
          'CPU ms per image',
          'of fast',
          '50 megapixels, ms',
          'JPEG and PNG: mean',
          'most',
        ],
        rows: rows.map(({ name, cpuMs, largeMs, difference }) => [
          name,
          `${figure(cpuMs.median)} (${figure(cpuMs.min)}–${figure(cpuMs.max)})`,
          figure(cpuMs.median / fast),
          figure(largeMs),
          figure(difference.mean),
          figure(difference.most),
        ]),
      },
    ],
  };
}
