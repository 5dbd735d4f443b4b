/**
 * Tells webhooks of predictions that ended. The rows in `webhook_deliveries` are the truth; the queue only spreads
 * the attempts over time and over API processes, and may be lost whole: `sweep` makes jobs again from the rows.
 *
 *     row open ──(its prediction ends)──▶ job ──▶ taken ──▶ delivered
 *                                          ▲        │
 *                                          └─ wait ─┴──▶ given up
 *
 * A delivery happens at least once: a process that dies after sending and before writing that down sends again,
 * under the same webhook-id.
 */

import { isFinished } from '@scry/shared/contracts/prediction';
import type { ChangeListener } from '@scry/shared/database/change-listener';
import type { PredictionStore } from '@scry/shared/database/predictions';
import type { TakenDelivery, WebhookStore } from '@scry/shared/database/webhooks';
import type { JobConsumer } from '@scry/shared/queue/consumer';
import { type JobOptions, WEBHOOK_QUEUE } from '@scry/shared/queue/job';
import type { JobServer } from '@scry/shared/queue/server';
import type { Logger } from '@scry/shared/runtime/log';
import { present } from '../predictions/present.js';
import { type Attempt, decide } from './schedule.js';
import type { WebhookSender } from './send.js';
import { Targets } from './targets.js';

export interface WebhookJob {
  readonly predictionId: string;
}

export interface DelivererOptions {
  readonly webhooks: WebhookStore;
  readonly predictions: PredictionStore;
  readonly changes: ChangeListener;
  readonly jobs: JobServer;
  readonly sender: WebhookSender;
  readonly log: Logger;
}

/** Longer than any attempt: when it has passed, whoever took a delivery has died. */
const LEASE_S = 60;
/** So late is a delivery that no job seems to carry. */
const LATE_S = 10;
const SWEEP_AT_MOST = 500;
/** Attempts wait for the network, so many may run; the limits per target are in targets.ts. */
const CONCURRENCY = 32;
const JOB: JobOptions = { attempts: 1, keepFailed: false };
const BUSY_MS = { least: 1000, most: 15_000 } as const;

export class WebhookDeliverer {
  readonly #options: DelivererOptions;
  readonly #targets = new Targets();
  readonly #watched = new Map<string, () => void>();
  #consumer: JobConsumer | null = null;

  constructor(options: DelivererOptions) {
    this.#options = options;
  }

  /** Begins to deliver. */
  start(): void {
    this.#consumer = this.#options.jobs.consumer();
    this.#consumer.add<WebhookJob>(WEBHOOK_QUEUE, {
      concurrency: CONCURRENCY,
      process: async ({ data }) => {
        const putOffMs = await this.#attempt(data.predictionId);
        return putOffMs === null ? 'done' : { putOffMs };
      },
    });
  }

  /** Tells the webhook as soon as this prediction ends. Without it, `sweep` would some seconds later. */
  watch(predictionId: string): void {
    const unsubscribe = this.#options.changes.subscribe(predictionId, (status) => {
      if (status !== null && !isFinished(status)) return;
      this.#watched.delete(predictionId);
      unsubscribe();
      if (status !== null) void this.#add([predictionId]); // null: something was missed; `sweep` looks
    });
    this.#watched.set(predictionId, unsubscribe);
  }

  /** Makes jobs for deliveries that are late. @returns how many */
  async sweep(): Promise<number> {
    const late = await this.#options.webhooks.overdue(LATE_S, SWEEP_AT_MOST);
    if (late.length > 0) await this.#add(late);
    return late.length;
  }

  /** Ends attempts that run, which are repeated later, and takes no more. */
  async close(): Promise<void> {
    for (const unsubscribe of this.#watched.values()) unsubscribe();
    this.#watched.clear();
    await this.#options.sender.close();
    await this.#consumer?.close();
  }

  async #add(predictionIds: readonly string[]): Promise<void> {
    try {
      const jobs = predictionIds.map((predictionId) => ({
        id: `w-${predictionId}`,
        data: { predictionId } satisfies WebhookJob,
      }));
      await this.#options.jobs.add(WEBHOOK_QUEUE, jobs, JOB);
    } catch (error) {
      this.#options.log.warn({ error }, 'webhooks are delivered later: their jobs could not be added');
    }
  }

  /** @returns milliseconds after which the job should run again, or null when nothing is left to do */
  async #attempt(predictionId: string): Promise<number | null> {
    const url = await this.#options.webhooks.target(predictionId);
    if (url === null) return null;
    const { origin } = new URL(url);
    const admission = this.#targets.enter(origin);
    if (admission === 'busy') return BUSY_MS.least + Math.random() * (BUSY_MS.most - BUSY_MS.least);
    let answered = true;
    try {
      const delivery = await this.#options.webhooks.take(predictionId, LEASE_S);
      if (!delivery) return null;
      const resting = { status: null, error: 'the target did not answer others a moment ago' } as const;
      const attempt = admission === 'resting' ? resting : await this.#send(delivery);
      answered = attempt.status !== null;
      return await this.#conclude(delivery, attempt);
    } finally {
      if (admission === 'go') this.#targets.leave(origin, answered);
    }
  }

  async #send({ predictionId, url, baseUrl }: TakenDelivery): Promise<Attempt> {
    const prediction = await this.#options.predictions.get(predictionId);
    if (!prediction) return { status: 410, retryAfterS: null }; // deleted meanwhile, and the delivery with it
    const body = JSON.stringify({
      type: `prediction.${prediction.status}`,
      timestamp: prediction.completedAt?.toISOString(),
      data: present(prediction, baseUrl),
    });
    return this.#options.sender.send({ id: `msg_${predictionId}`, url, body });
  }

  async #conclude(
    { predictionId, attempt: number }: TakenDelivery,
    attempt: Attempt,
  ): Promise<number | null> {
    const { webhooks, log } = this.#options;
    const decision = decide(attempt, number, Math.random());
    const result = {
      predictionId,
      status: attempt.status,
      error: 'reason' in decision ? decision.reason : null,
    };
    if ('end' in decision) {
      await webhooks.end(result, decision.end);
      if (decision.end === 'given_up')
        log.warn({ predictionId, reason: decision.reason }, 'webhook given up');
      return null;
    }
    await webhooks.retry(result, decision.retryInS);
    return decision.retryInS * 1000;
  }
}
