/** One step of a ladder from what a load gave. */
import type { LoadResult } from '../load/recorder.js';
import { figure, type Table } from '../report/report.js';
import type { Step } from './break-point.js';

export function toStep(users: number, result: LoadResult, cpu: number): Step {
  const { perSecond, latency, failed, refused, sent, reasons } = result;
  const { p50, p95, p99 } = latency;
  return { users, perSecond, p50, p95, p99, failed, refused, sent, cpu, reason: reasons[0]?.reason ?? null };
}

export const STEP_COLUMNS: Table['columns'] = [
  'workers',
  'users',
  'answers/s',
  'p50 ms',
  'p95 ms',
  'p99 ms',
  'failed',
  'refused',
  'CPUs busy',
];

/** A step as a row under `STEP_COLUMNS`. */
export function stepRow(workers: number, step: Step): string[] {
  const { users, perSecond, p50, p95, p99, failed, refused, cpu } = step;
  return [
    String(workers),
    String(users),
    ...[perSecond, p50, p95, p99, failed, refused].map(figure),
    `${Math.round(cpu * 100)} %`,
  ];
}
