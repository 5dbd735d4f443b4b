/** What Prometheus reads. Owns a registry of its own, so that several apps can live in one process. */

import type { PredictionStore } from '@scry/shared/database/predictions';
import type { Logger } from '@scry/shared/runtime/log';
import type { Space } from '@scry/shared/storage/free-space';
import type { ImageStorage } from '@scry/shared/storage/image-storage';
import type { RequestHandler } from 'express';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ModelRegistry } from '../models/model-registry.js';
import type { Queues } from '../predictions/create/job-producers.js';
import type { Waiters } from '../predictions/wait/waiters.js';
import { addOperationsGauges } from './metrics-operations.js';
import type { OperationsMonitor } from './operations.js';

export interface Measured {
  readonly predictions: PredictionStore;
  readonly queues: Queues;
  readonly waiters: Waiters;
  readonly operations: OperationsMonitor;
  readonly storage: ImageStorage;
  /** Models that can be asked for, and the queues of their versions. */
  readonly models: Pick<ModelRegistry, 'models' | 'keys'>;
  readonly log: Logger;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export class Metrics {
  readonly registry = new Registry();
  readonly created: Counter<'model'>;
  /** Jobs that the queue did not take at once. */
  readonly unqueued: Counter<'model'>;
  readonly #requests: Histogram<'method' | 'route' | 'status'>;

  constructor(measured: Measured) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    this.created = new Counter({
      name: 'scry_predictions_created_total',
      help: 'Predictions accepted.',
      labelNames: ['model'],
      registers,
    });
    this.unqueued = new Counter({
      name: 'scry_predictions_unqueued_total',
      help: 'Predictions accepted while the queue was unavailable.',
      labelNames: ['model'],
      registers,
    });
    this.#requests = new Histogram({
      name: 'scry_http_request_duration_seconds',
      help: 'Time from a request to the end of its answer.',
      labelNames: ['method', 'route', 'status'],
      buckets: SECONDS,
      registers,
    });
    this.#addGauges(measured, registers);
    addDiskGauges(measured, registers);
    addOperationsGauges(this.registry, measured.operations, measured.log);
  }

  #addGauges({ predictions, queues, waiters, models, log }: Measured, registers: Registry[]): void {
    new Gauge({
      name: 'scry_predictions_unfinished',
      help: 'Predictions that are queued or being worked on.',
      labelNames: ['model'],
      registers,
      async collect() {
        this.reset();
        const counts = await predictions.countUnfinished().catch((error: Error) => {
          log.warn({ error: error.message }, 'unfinished predictions cannot be counted');
          return new Map<string, number>(); // a scrape without this gauge is better than none
        });
        for (const model of models.models.keys()) this.set({ model }, counts.get(model) ?? 0);
      },
    });
    new Gauge({
      name: 'scry_queue_jobs',
      help: 'Jobs in the queue, by state.',
      labelNames: ['model', 'version', 'state'],
      registers,
      async collect() {
        this.reset();
        const { keys } = models;
        const counts = await queues.counts(keys);
        for (const [index, key] of keys.entries()) {
          const [model = key, version = ''] = key.split('@');
          for (const [state, count] of Object.entries(counts?.[index] ?? {}))
            this.set({ model, version, state }, count);
        }
      },
    });
    new Gauge({
      name: 'scry_http_waiting',
      help: 'Requests that wait for a prediction: long polls and event streams.',
      registers,
      collect() {
        this.set(waiters.waiting);
      },
    });
  }

  /** Times every request under its route, never under its path: ids would make endless labels. */
  timeRequests(): RequestHandler {
    return (req, res, next) => {
      const since = performance.now();
      res.on('finish', () => {
        const route = (req.route as { path?: string } | undefined)?.path ?? 'none';
        const labels = { method: req.method, route, status: res.statusCode };
        this.#requests.observe(labels, (performance.now() - since) / 1000);
      });
      next();
    };
  }
}

const DISK_GAUGES = [
  {
    name: 'scry_disk_free_bytes',
    help: 'Free space on the disk of DATA_DIR.',
    pick: (space: Space) => space.freeBytes,
  },
  {
    name: 'scry_disk_reserve_bytes',
    help: 'Free space that uploads leave there; below it they are answered 507.',
    pick: (space: Space) => space.reserveBytes,
  },
];

function addDiskGauges({ storage, log }: Measured, registers: Registry[]): void {
  for (const { name, help, pick } of DISK_GAUGES) {
    new Gauge({
      ...{ name, help, registers },
      async collect() {
        try {
          this.set(pick(await storage.space()));
        } catch (error) {
          log.warn({ error: (error as Error).message, gauge: name }, 'left out of the metrics');
        }
      },
    });
  }
}
