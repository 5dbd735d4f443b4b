/** Turns the result of one load into a report. */
import type { LatencySummary } from '../load/latency.js';
import type { LoadResult } from '../load/recorder.js';
import { type Machine, machineSentence } from './machine.js';
import { figure, type Report, type Section, type Table } from './report.js';

export interface LoadDescription {
  readonly url: string;
  /** Such as "32 users" or "100 images/s". */
  readonly load: string;
  readonly mode: string;
  readonly models: readonly string[];
  readonly images: string;
  readonly rampS: number;
  readonly durationS: number;
}

const latencyRow = (name: string, summary: LatencySummary): string[] => [
  name,
  ...[summary.p50, summary.p90, summary.p95, summary.p99, summary.max].map(figure),
];

export function latencyTable(result: LoadResult): Table {
  return {
    columns: ['milliseconds', 'p50', 'p90', 'p95', 'p99', 'max'],
    rows: [
      latencyRow('image to answer', result.latency),
      latencyRow('image to acceptance', result.accepted),
      ...Object.entries(result.stages).map(([name, summary]) => latencyRow(`server: ${name}`, summary)),
      latencyRow('client behind schedule', result.lateness),
    ],
  };
}

export function batchTable(sizes: Readonly<Record<number, number>>): Table {
  const total = Object.values(sizes).reduce((sum, count) => sum + count, 0);
  return {
    columns: ['batch size', 'images', 'share'],
    rows: Object.entries(sizes).map(([size, count]) => [
      size,
      count.toLocaleString('en-GB'),
      `${figure((100 * count) / total)} %`,
    ]),
  };
}

function summary(result: LoadResult): string {
  const sentence = `${figure(result.perSecond)} answers/s; half within ${figure(result.latency.p50)} ms, 99 % within ${figure(result.latency.p99)} ms`;
  const bad = result.failed + result.refused;
  if (bad === 0) return `${sentence}; none of ${result.sent.toLocaleString('en-GB')} failed.`;
  return `${sentence}; ${result.failed} failed and ${result.refused} were refused of ${result.sent.toLocaleString('en-GB')}.`;
}

function timeLine({ seconds }: LoadResult): Section {
  const line = (name: string, pick: (second: LoadResult['seconds'][number]) => number) => ({
    name,
    points: seconds.map((second) => [second.second, pick(second)] as const),
  });
  const x = 'seconds';
  return {
    heading: 'Second by second',
    plots: [
      {
        title: 'Throughput',
        x,
        y: 'per second',
        series: [
          line('answered', (second) => second.answered),
          line('failed or refused', (second) => second.failed + second.refused),
        ],
      },
      {
        title: 'Latency',
        x,
        y: 'ms',
        series: [line('p50', (second) => second.p50), line('p99', (second) => second.p99)],
      },
      { title: 'Under way', x, y: 'requests', series: [line('in flight', (second) => second.inFlight)] },
    ],
  };
}

export function loadReport(description: LoadDescription, machine: Machine, result: LoadResult): Report {
  const { url, load, mode, models, images, rampS, durationS } = description;
  const sections: Section[] = [
    {
      heading: 'What was asked',
      text: [
        `${load} on ${url}, answers by "${mode}", models ${models.join(', ')}, ${images}; ${durationS} s measured after a ramp of ${rampS} s. Times count from the moment an image was due to be sent.`,
        machineSentence(machine),
      ],
    },
    { heading: 'Latency', tables: [latencyTable(result)] },
    timeLine(result),
  ];
  if (Object.keys(result.batchSizes).length > 0) {
    sections.push({ heading: 'Batches', tables: [batchTable(result.batchSizes)] });
  }
  if (result.reasons.length > 0) {
    const rows = result.reasons.map(({ reason, count }) => [reason, String(count)]);
    sections.push({ heading: 'What went wrong', tables: [{ columns: ['reason', 'times'], rows }] });
  }
  return { title: 'Load test', verdict: summary(result), sections };
}
