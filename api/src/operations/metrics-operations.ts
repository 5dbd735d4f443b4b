/**
 * Figures for Prometheus that only the database knows, as gauges over the last half minute: ends that no worker wrote
 * (expired, model missing) and the time from acceptance to the written result. Workers count the rest themselves. Every API
 * process tells the same: take the maximum over processes, not the sum.
 */

import type { Bucket, Operations } from '@scry/shared/contracts/statistics';
import type { Logger } from '@scry/shared/runtime/log';
import { Gauge, type Registry } from 'prom-client';
import { BUCKET_S, type OperationsMonitor } from './operations.js';

/** Longer than usual between two scrapes, so that none is missed. */
const RECENT_S = 30;

export interface RecentFigures {
  readonly succeededPerSecond: number;
  readonly failedPerSecond: number;
  /** Null where nothing succeeded. */
  readonly medianS: number | null;
  readonly p95S: number | null;
}

/** The newest buckets as one. The median is their mean, weighted by how many each is about: near enough for a chart. */
export function recentFigures(buckets: readonly Bucket[]): RecentFigures {
  const recent = buckets.slice(-RECENT_S / BUCKET_S);
  const sum = (value: (bucket: Bucket) => number) =>
    recent.reduce((total, bucket) => total + value(bucket), 0);
  const succeeded = sum((bucket) => bucket.succeeded);
  const mean = (value: (bucket: Bucket) => number | null) =>
    succeeded === 0 ? null : sum((bucket) => bucket.succeeded * (value(bucket) ?? 0)) / succeeded;
  const medianMs = mean((bucket) => bucket.median_ms);
  return {
    succeededPerSecond: succeeded / RECENT_S,
    failedPerSecond: sum((bucket) => bucket.failed) / RECENT_S,
    medianS: medianMs === null ? null : medianMs / 1000,
    p95S: succeeded === 0 ? null : Math.max(...recent.map((bucket) => bucket.p95_ms ?? 0)) / 1000,
  };
}

type Show = (gauge: Gauge<string>, operations: Operations) => void;

const GAUGES: readonly { name: string; help: string; labelNames: string[]; show: Show }[] = [
  {
    name: 'scry_workers',
    help: 'Workers that live, by the models they serve.',
    labelNames: ['model'],
    show(gauge, { workers }) {
      for (const { models } of workers) for (const { name } of models) gauge.inc({ model: name });
    },
  },
  {
    name: 'scry_workers_taking_jobs',
    help: 'Workers that live and can take jobs from the queue.',
    labelNames: [],
    show(gauge, { workers }) {
      gauge.set(workers.filter(({ queue_problem }) => queue_problem === null).length);
    },
  },
  {
    name: 'scry_model_queue_running',
    help: 'Whether predictions of a model are accepted and answered: 1; 0: an operator paused or drains it.',
    labelNames: ['model', 'state'],
    show(gauge, { queues }) {
      for (const [model, state] of Object.entries(queues))
        gauge.set({ model, state }, state === 'running' ? 1 : 0);
    },
  },
  {
    name: 'scry_predictions_per_second',
    help: 'Predictions that ended in the last half minute, by outcome.',
    labelNames: ['outcome'],
    show(gauge, { buckets }) {
      const { succeededPerSecond, failedPerSecond } = recentFigures(buckets);
      gauge.set({ outcome: 'succeeded' }, succeededPerSecond);
      gauge.set({ outcome: 'failed' }, failedPerSecond);
    },
  },
  {
    name: 'scry_prediction_seconds',
    help: 'From acceptance to the written result, in the last half minute.',
    labelNames: ['quantile'],
    show(gauge, { buckets }) {
      const { medianS, p95S } = recentFigures(buckets);
      if (medianS !== null) gauge.set({ quantile: '0.5' }, medianS);
      if (p95S !== null) gauge.set({ quantile: '0.95' }, p95S);
    },
  },
];

/** Adds the gauges. While the database is unavailable they are left out of a scrape, which goes on. */
export function addOperationsGauges(registry: Registry, operations: OperationsMonitor, log: Logger): void {
  for (const { name, help, labelNames, show } of GAUGES) {
    new Gauge({
      ...{ name, help, labelNames },
      registers: [registry],
      async collect() {
        this.reset();
        if (labelNames.length === 0) this.remove(); // else it would say 0
        try {
          show(this, await operations.snapshot());
        } catch (error) {
          log.warn({ error: (error as Error).message, gauge: name }, 'left out of the metrics');
        }
      },
    });
  }
}
