/** The plain server of `stress/baseline/` as a target of load. */
import { Pool } from 'undici';
import type { Image } from '../load/images.js';
import { MULTIPART_TYPE, MultipartBodies } from '../load/multipart.js';
import type { Ending, Target } from '../load/target.js';

interface Job {
  readonly id?: string;
  readonly status?: string;
  readonly result?: readonly { readonly label: string; readonly confidence: number }[];
  readonly error?: string;
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export class BaselineTarget implements Target {
  readonly #pool: Pool;
  readonly #pollMs: number;
  readonly #bodies = new MultipartBodies();

  constructor(url: string, pollMs: number, connections: number) {
    this.#pool = new Pool(url, { connections });
    this.#pollMs = pollMs;
  }

  async predict(image: Image, _model: string, deadlineMs: number): Promise<Ending> {
    try {
      return await this.#predict(image, performance.now() + deadlineMs);
    } catch (error) {
      return { kind: 'failed', reason: (error as Error).message };
    }
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  async #predict(image: Image, deadline: number): Promise<Ending> {
    const sent = performance.now();
    const headers = { 'content-type': MULTIPART_TYPE };
    const body = this.#bodies.make({}, image);
    const { id } = await this.#json('POST', '/predictions', headers, body);
    this.#bodies.giveBack(body);
    const acceptedMs = performance.now() - sent;
    while (performance.now() < deadline) {
      await pause(this.#pollMs);
      const job = await this.#json('GET', `/predictions/${id}`);
      const [best] = job.result ?? [];
      if (job.status === 'failed') return { kind: 'failed', reason: job.error ?? 'no reason given' };
      if (job.status !== 'completed' || !best) continue;
      const answer = { className: best.label, confidence: best.confidence };
      return { kind: 'answered', acceptedMs, answer, metrics: null };
    }
    return { kind: 'failed', reason: 'no answer in time' };
  }

  async #json(method: 'GET' | 'POST', path: string, headers = {}, body?: Buffer): Promise<Job> {
    const response = await this.#pool.request({ method, path, headers, ...(body && { body }) });
    if (response.statusCode >= 300)
      throw new Error(`HTTP ${response.statusCode}: ${await response.body.text()}`);
    return (await response.body.json()) as Job;
  }
}
