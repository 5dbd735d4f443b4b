/**
 * The queue hands out work and owns nothing: every job can be made again from its row in PostgreSQL. A queue comes into
 * being with its first job and may have any name; thousands of them cost nothing while they are empty.
 */
import type { JobConsumer } from './consumer.js';
import type { FoundJob, JobCounts, JobOptions, JobState, ListedJob, NewJob } from './job.js';

/** One queue server, whichever kind. */
export interface JobServer {
  readonly kind: 'redis' | 'postgres';
  /** Adds jobs to one queue; those whose ids are taken stay as they are. @throws at once while the server is unavailable */
  add(queue: string, jobs: readonly NewJob[], options: JobOptions): Promise<void>;
  /** Removes a job, unless somebody works on it. */
  remove(queue: string, id: string): Promise<void>;
  /** Looks jobs up by their ids. */
  find(jobs: readonly { readonly queue: string; readonly id: string }[]): Promise<(FoundJob | null)[]>;
  /** How many jobs queues hold, in their order. */
  counts(queues: readonly string[]): Promise<JobCounts[]>;
  /** Jobs in one state, for people to look at; `end` is the last one's place, from 0. */
  list(queue: string, state: JobState, start: number, end: number): Promise<ListedJob[]>;
  /** Removes a queue with all its jobs. */
  forget(queue: string): Promise<void>;
  /** Takes jobs from any number of queues; one consumer per process is enough. Connects now, and waits for the server. */
  consumer(): JobConsumer;
  /** Makes what the queues need on the server. Several processes may call it at once. @throws what the driver says */
  prepare(): Promise<void>;
  /** Resolves when jobs can be added. @throws Error with a sentence when they cannot */
  check(): Promise<void>;
  /** Settings of the server under which jobs can be lost, in sentences. */
  warnings(): Promise<string[]>;
  /** How often the connection to the server was made again: when it changes, the newest jobs may be missing. */
  readonly reconnects: number;
  /** Sends one command; only where the server is Redis. @throws at once while it is unavailable */
  readonly command?: (...words: string[]) => Promise<unknown>;
  /** Closes every connection. Consumers are their owners' to close, before. */
  close(): Promise<void>;
}
