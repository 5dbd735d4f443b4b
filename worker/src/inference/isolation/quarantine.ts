/**
 * Images on which a process died are tried once more in a process of their own, so that the next death tells for
 * certain whose fault it was, and takes nobody along. Owns one child per version of a model.
 *
 *     none ──▶ starting ──▶ ready ⇄ busy ──▶ (idle for long, or died while idle) none
 *                             └──▶ died while busy with its first image: that image is failed for good ──▶ none
 *                             └──▶ died while busy with a later one: that image is tried in a fresh process ──▶ none
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { CODES } from '@scry/shared/contracts/prediction';
import { versionKey } from '@scry/shared/contracts/version';
import type { Model } from '@scry/shared/models/model-folders';
import type { PredictionJob } from '@scry/shared/queue/job';
import { childEnvironment } from '@scry/shared/runtime/child-environment';
import type { Logger } from '@scry/shared/runtime/log';
import { threadFile } from '@scry/shared/runtime/thread-file';
import { type Answered, withoutInference } from '../../jobs/predict/answered.js';
import type { QuarantineReply, QuarantineRequest, QuarantineSetup } from './quarantine-child.js';

const CHILD = threadFile(import.meta.url, './quarantine-child.js');
const IDLE_MS = 30_000;

const DIED = withoutInference({
  code: CODES.engineNotReady,
  message:
    'The engine crashed on this image, twice. It is not tried again; send the image in another format or size.',
});

export interface QuarantineOptions extends Omit<QuarantineSetup, 'model'> {
  readonly log: Logger;
  /** Deadline for one image, start of the process included, milliseconds. */
  readonly timeoutMs: number;
}

class Cell {
  readonly #model: Model;
  readonly #options: QuarantineOptions;
  #child: ChildProcess | null = null;
  #idle: NodeJS.Timeout | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(model: Model, options: QuarantineOptions) {
    this.#model = model;
    this.#options = options;
  }

  /** One at a time: a death must have one possible cause. */
  predict(job: PredictionJob): Promise<Answered> {
    const answer = this.#turn.then(() => this.#predict(job));
    this.#turn = answer.catch(() => undefined); // reported to the caller of this turn; the next one goes on
    return answer;
  }

  close(): void {
    if (this.#idle) clearTimeout(this.#idle);
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }

  async #predict(job: PredictionJob): Promise<Answered> {
    if (this.#idle) clearTimeout(this.#idle);
    const used = this.#child;
    const answered = used && (await this.#askAbout(used, job));
    // One that was used before may have died for a reason of its own: only the death of a fresh one tells for certain.
    const fresh = answered ?? (await this.#askAbout(await this.#start(), job));
    if (fresh) return fresh;
    this.#options.log.error(
      { prediction: job.id, model: this.#model.name },
      'an image made its own process die',
    );
    return DIED;
  }

  /** @returns the answer, or null when the process died instead */
  async #askAbout(child: ChildProcess, job: PredictionJob): Promise<Answered | null> {
    const deadline = setTimeout(() => child.kill('SIGKILL'), this.#options.timeoutMs);
    try {
      const request: QuarantineRequest = { sha256: job.sha256, parameters: job.parameters };
      const reply = await this.#ask(child, request);
      if (reply === null) return null;
      if ('error' in reply) throw new Error(reply.error);
      if (!('answered' in reply)) throw new Error('the quarantined process spoke out of turn');
      return reply.answered;
    } finally {
      clearTimeout(deadline);
      if (this.#idle) clearTimeout(this.#idle);
      this.#idle = setTimeout(() => this.close(), IDLE_MS);
    }
  }

  async #start(): Promise<ChildProcess> {
    const { log, timeoutMs, ...setup } = this.#options;
    const child = fork(CHILD, { serialization: 'advanced', env: childEnvironment() });
    this.#child = child;
    child.once('exit', () => {
      if (this.#child === child) this.#child = null;
    });
    const deadline = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    const reply = await this.#ask(child, { ...setup, model: this.#model } satisfies QuarantineSetup);
    clearTimeout(deadline);
    if (reply !== null && !('error' in reply)) return child;
    child.kill('SIGKILL');
    throw new Error(
      reply?.error ?? `the model "${this.#model.name}" made its process die while it was loaded`,
    );
  }

  /** Sends one message; resolves with the reply, or null when the child died instead. */
  async #ask(
    child: ChildProcess,
    message: QuarantineSetup | QuarantineRequest,
  ): Promise<QuarantineReply | null> {
    const settled = new AbortController();
    const reply = once(child, 'message', { signal: settled.signal }).then(
      ([value]) => value as QuarantineReply,
    );
    const death = once(child, 'exit', { signal: settled.signal }).then(() => null);
    const none = Promise.allSettled([reply, death]);
    child.send(message, () => undefined); // one that is dead already says so by its exit
    try {
      return await Promise.race([reply, death]);
    } finally {
      settled.abort();
      await none;
    }
  }
}

export class Quarantine {
  readonly #options: QuarantineOptions;
  readonly #cells = new Map<string, Cell>();

  constructor(options: QuarantineOptions) {
    this.#options = options;
  }

  /**
   * Answers about an image in a process of its own; an image on which that dies too is failed with code 550.
   * @throws when the model could not be run for a reason that is not the image's death
   */
  predict(model: Model, job: PredictionJob): Promise<Answered> {
    const key = versionKey(model.name, model.version);
    const cell = this.#cells.get(key) ?? new Cell(model, this.#options);
    this.#cells.set(key, cell);
    return cell.predict(job);
  }

  /** Ends the process of a version that is not served any more. */
  remove(key: string): void {
    this.#cells.get(key)?.close();
    this.#cells.delete(key);
  }

  close(): void {
    for (const cell of this.#cells.values()) cell.close();
  }
}
