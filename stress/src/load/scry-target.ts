/** Scry as a target of load: upload, then poll, wait or listen, as its clients do. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { isFinished } from '@scry/shared/contracts/prediction';
import { type Dispatcher, Pool } from 'undici';
import type { Image } from './images.js';
import { MULTIPART_TYPE, MultipartBodies } from './multipart.js';
import { finalEvent } from './server-events.js';
import type { Ending, Mode, Target } from './target.js';

export interface ScryTargetOptions {
  /** Where the API is, such as http://127.0.0.1:8080. */
  readonly url: string;
  readonly mode: Mode;
  readonly apiKey?: string | undefined;
  /** Between two polls, milliseconds; left out: what the answer's Retry-After asks for. */
  readonly pollMs?: number | undefined;
  /** Connections at the most; a held request occupies one. */
  readonly connections: number;
}

/** Longest that one request asks to be held, seconds. The server may hold it for less. */
const HOLD_S = 30;

const RETRY_AFTER_S = 1;

interface Answer {
  readonly status: number;
  /** Seconds until it is worth asking again, as the server says. */
  readonly retryAfterS: number;
  readonly body: Partial<PredictionView> & { readonly detail?: string; readonly title?: string };
}

/** What a finished prediction means for the one who waited for it. */
function judge(sentId: string, view: Partial<PredictionView>, acceptedMs: number): Ending {
  if (view.prediction_id !== sentId) {
    return {
      kind: 'failed',
      reason: `asked for prediction ${sentId} and was answered ${view.prediction_id}`,
    };
  }
  if (view.status !== 'succeeded') {
    return { kind: 'failed', reason: `${view.status}: ${view.error?.message ?? 'no reason given'}` };
  }
  const predictions = view.output?.predictions;
  if (!predictions) return { kind: 'failed', reason: 'succeeded without an output' };
  const [first] = predictions;
  if (predictions.some(({ confidence }) => !(confidence >= 0 && confidence <= 1))) {
    return { kind: 'failed', reason: 'a confidence outside 0 to 1' };
  }
  const { batch_size, queue_ms, decode_ms, batch_ms, inference_ms, total_ms } = view.metrics ?? {};
  return {
    kind: 'answered',
    acceptedMs,
    answer: first ? { className: first.class_name, confidence: first.confidence } : null,
    metrics:
      total_ms === undefined
        ? null
        : {
            stages: {
              queue: queue_ms ?? 0,
              decode: decode_ms ?? 0,
              batch: batch_ms ?? 0,
              inference: inference_ms ?? 0,
              total: total_ms,
            },
            batchSize: batch_size ?? null,
          },
  };
}

function explain({ status, body }: Omit<Answer, 'retryAfterS'>): Ending {
  const reason = `HTTP ${status}: ${body.detail ?? body.title ?? 'no reason given'}`;
  return { kind: status === 429 || status === 503 ? 'refused' : 'failed', reason };
}

export class ScryTarget implements Target {
  readonly #options: ScryTargetOptions;
  readonly #pool: Pool;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #bodies = new MultipartBodies();

  constructor(options: ScryTargetOptions) {
    this.#options = options;
    this.#pool = new Pool(new URL(options.url).origin, { connections: options.connections });
    this.#headers = options.apiKey ? { authorization: `Bearer ${options.apiKey}` } : {};
  }

  async predict(image: Image, model: string, deadlineMs: number): Promise<Ending> {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), deadlineMs);
    try {
      return await this.#predict(image, model, deadline.signal);
    } catch (error) {
      const reason = deadline.signal.aborted
        ? `no answer within ${deadlineMs} ms`
        : `connection: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`;
      return { kind: 'failed', reason };
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  async #predict(image: Image, model: string, signal: AbortSignal): Promise<Ending> {
    const sent = performance.now();
    const held = this.#options.mode === 'wait' ? { prefer: `wait=${HOLD_S}` } : {};
    const body = this.#bodies.make({ model }, image);
    const created = await this.#request(
      {
        method: 'POST',
        path: '/v1/predictions',
        headers: { ...this.#headers, ...held, 'content-type': MULTIPART_TYPE },
        body,
      },
      signal,
    );
    this.#bodies.giveBack(body);
    const acceptedMs = performance.now() - sent;
    const id = created.body.prediction_id;
    if (created.status >= 300 || !id) return explain(created);
    if (created.body.status && isFinished(created.body.status)) return judge(id, created.body, acceptedMs);
    if (this.#options.mode === 'events') return this.#listen(id, acceptedMs, signal);
    return this.#poll(id, created, acceptedMs, signal);
  }

  async #poll(id: string, created: Answer, acceptedMs: number, signal: AbortSignal): Promise<Ending> {
    const { mode, pollMs } = this.#options;
    const query = mode === 'wait' ? `?wait=${HOLD_S}` : '';
    const path = `/v1/predictions/${id}${query}`;
    for (let answer = created; ; ) {
      if (mode === 'poll') await sleep(pollMs ?? answer.retryAfterS * 1000, undefined, { signal });
      answer = await this.#request({ method: 'GET', path, headers: this.#headers }, signal);
      if (answer.status !== 200) return explain(answer);
      if (answer.body.status && isFinished(answer.body.status)) return judge(id, answer.body, acceptedMs);
    }
  }

  async #listen(id: string, acceptedMs: number, signal: AbortSignal): Promise<Ending> {
    const path = `/v1/predictions/${id}/events`;
    const { statusCode, body } = await this.#pool.request({
      method: 'GET',
      path,
      headers: this.#headers,
      signal,
    });
    if (statusCode !== 200)
      return explain({ status: statusCode, body: (await body.json()) as Answer['body'] });
    const view = await finalEvent(body);
    return view
      ? judge(id, view, acceptedMs)
      : { kind: 'failed', reason: 'the event stream ended before the prediction did' };
  }

  async #request(options: Omit<Dispatcher.RequestOptions, 'signal'>, signal: AbortSignal): Promise<Answer> {
    const { statusCode, headers, body } = await this.#pool.request({ ...options, signal });
    const retryAfterS = Number(headers['retry-after'] ?? RETRY_AFTER_S);
    if (String(headers['content-type']).includes('json')) {
      return { status: statusCode, retryAfterS, body: (await body.json()) as Answer['body'] };
    }
    return { status: statusCode, retryAfterS, body: { detail: (await body.text()).slice(0, 200) } };
  }
}
