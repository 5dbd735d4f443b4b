/** What a job is, what the queues are called, and how often a job is tried. */
import type { Parameters } from '../contracts/prediction.js';

/** All that a worker needs to answer, so that it never has to read the row first. Times are Unix milliseconds. */
export interface PredictionJob {
  readonly id: string;
  /** Names the stored image. */
  readonly sha256: string;
  readonly parameters: Parameters;
  readonly createdAt: number;
  readonly expiresAt: number | null;
}

/** The queue that carries a model's jobs. @param key names what answers them: any text, such as "name@version" */
export function predictionQueue(key: string): string {
  return `scry-${key}`;
}

/** The queue that carries deliveries to webhooks. No model's queue can have this name. */
export const WEBHOOK_QUEUE = 'scry_webhooks';

/** The queue that carries trainings. No model's queue can have this name. */
export const TRAINING_QUEUE = 'scry_trainings';

/** Which training is to be done. */
export interface TrainingJob {
  readonly id: string;
}

/** The job of a training. */
export function trainingJob(id: string): NewJob {
  return { id: `t-${id}`, data: { id } satisfies TrainingJob };
}

/** A training's row counts its starts; the queue tries as long as there is one. */
export const TRAINING_JOB_OPTIONS: JobOptions = { attempts: 5, keepFailed: false };

/** The queue that carries checks of new versions. No model's queue can have this name. */
export const CHECK_QUEUE = 'scry_checks';

/** Which version is to be checked. */
export interface CheckJob {
  readonly name: string;
  readonly version: string;
}

/** The id of a version's check. @param id the version's own, by its content, which models of other names may have, too */
export function checkJobId(name: string, id: string): string {
  return `c-${name}-${id}`;
}

/** How checks are tried: faults of the machine may pass, and what a check finds is no fault. */
export function checkJobOptions(): JobOptions {
  return { attempts: 3, keepFailed: false };
}

/** The id of a prediction's job. BullMQ refuses ids of digits alone, hence the prefix. */
export function jobId(predictionId: string): string {
  return `p-${predictionId}`;
}

/** A job to be added. One with the same id that is still there stays as it is. */
export interface NewJob {
  readonly id: string;
  readonly data: object;
}

export interface JobOptions {
  /** Tries in all. */
  readonly attempts: number;
  /** Whether a job that failed for good is kept for a day, with the reason. */
  readonly keepFailed: boolean;
  /** How long it waits before it may be taken, milliseconds; 0 when left out. */
  readonly delayMs?: number;
}

/** How jobs of predictions are tried and kept: people may look at failed ones, and job recovery reads the reason. */
export function predictionJobOptions(attempts: number): JobOptions {
  return { attempts, keepFailed: true };
}

/** A job that this process works on. */
export interface TakenJob<T = unknown> {
  readonly queue: string;
  readonly id: string;
  readonly data: T;
  /** Tries in all that it is granted. */
  readonly attempts: number;
  /** Tries that failed. */
  readonly attemptsMade: number;
  /** How often whoever worked on it was not heard of again: a process that died, most likely. */
  readonly deaths: number;
  /** Proves that the job is this process's. */
  readonly token: string;
}

/** What a handler made of a job, when it did not throw: done, or to be taken again later, which costs no attempt. */
export type JobOutcome = 'done' | { readonly putOffMs: number };

/** How one run of a job ends. */
export type JobEnd =
  | { readonly kind: 'done' }
  | { readonly kind: 'put-off'; readonly ms: number }
  | { readonly kind: 'retry'; readonly ms: number; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** A job as it lies in its queue; null in place of it: there is none with this id. */
export interface FoundJob {
  readonly data: unknown;
  /** Why it failed for good; null while it may still be done. */
  readonly failedReason: string | null;
}

/** How many jobs a queue holds: to be taken, being worked on, to be taken later, failed for good. */
export interface JobCounts {
  readonly wait: number;
  readonly active: number;
  readonly delayed: number;
  readonly failed: number;
}

export type JobState = keyof JobCounts;

/** A job as people look at it. Times are Unix milliseconds. */
export interface ListedJob extends FoundJob {
  readonly id: string;
  readonly addedAt: number;
  readonly attemptsMade: number;
}

const BACKOFF_MS = { first: 500, most: 60_000 } as const;

/**
 * How long to wait before the next try: doubling, with the upper half by chance, so that many do not come back at once.
 * @param attemptsMade tries that failed before this one
 * @param random 0 to 1
 */
export function retryDelayMs(attemptsMade: number, random: number): number {
  const full = Math.min(BACKOFF_MS.first * 2 ** attemptsMade, BACKOFF_MS.most);
  return Math.round(full * (0.5 + random / 2));
}

/** How the run of a job that threw ends. */
export function endOfFailure({ attempts, attemptsMade }: TakenJob, error: Error, random: number): JobEnd {
  const reason = error.message;
  if (attemptsMade + 1 >= attempts) return { kind: 'failed', reason };
  return { kind: 'retry', ms: retryDelayMs(attemptsMade, random), reason };
}
