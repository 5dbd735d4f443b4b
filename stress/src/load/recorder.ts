/**
 * Collects how requests ended. Owns the counts and histograms of one load; `result()` may be read at any time.
 * Failures count whenever they happen; answers before the measured time (during the ramp) only show in the time line.
 */
import { Latency, type LatencySummary, quantile } from './latency.js';
import type { Ending, TopAnswer } from './target.js';

export interface Finished {
  readonly model: string;
  /** Names the pixels that were sent; equal pixels must have equal answers. */
  readonly image: string;
  /** Milliseconds after the start of the load. */
  readonly scheduledAt: number;
  readonly sentAt: number;
  readonly endedAt: number;
  readonly ending: Ending;
}

/** One second of a load. */
export interface Second {
  readonly second: number;
  readonly answered: number;
  readonly failed: number;
  readonly refused: number;
  readonly inFlight: number;
  readonly p50: number;
  readonly p99: number;
}

export interface LoadResult {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  readonly refused: number;
  /** Reasons with how often each was given, the most frequent first. */
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
  /** Answers within the measured time, per second. */
  readonly perSecond: number;
  readonly measuredS: number;
  /** From the scheduled send to the answer. */
  readonly latency: LatencySummary;
  /** From the send to the acceptance of the upload. */
  readonly accepted: LatencySummary;
  /** From the scheduled to the real send: how far the client itself lagged behind. */
  readonly lateness: LatencySummary;
  /** As the server counted them. */
  readonly stages: Readonly<Record<string, LatencySummary>>;
  /** Answers by the size of the batch they were inferred in. */
  readonly batchSizes: Readonly<Record<number, number>>;
  readonly seconds: readonly Second[];
}

/** Batches of different sizes, and devices, round differently: equal pixels may differ by this part of the confidence. */
const SAME_CLASS_TOLERANCE = 0.01;
/** Two classes may change places only when they were as good as equal. */
const OTHER_CLASS_TOLERANCE = 0.001;

/** So many different reasons are kept; a server that puts an id in each would fill memory otherwise. */
const MAX_REASONS = 100;

export class Recorder {
  readonly #measureFrom: number;
  readonly #measureUntil: number;
  readonly #latency = new Latency();
  readonly #accepted = new Latency();
  readonly #lateness = new Latency();
  readonly #stages = new Map<string, Latency>();
  readonly #batchSizes = new Map<number, number>();
  readonly #reasons = new Map<string, number>();
  readonly #answers = new Map<string, TopAnswer | null>();
  readonly #seconds: Second[] = [];
  #second = { index: 0, latencies: [] as number[], failed: 0, refused: 0 };
  #sent = 0;
  #answered = 0;
  #failed = 0;
  #refused = 0;
  #answeredInTime = 0;

  /** The measured time, milliseconds after the start: answers before it warm things up, those after it came late. */
  constructor(measureFrom: number, measureUntil: number) {
    this.#measureFrom = measureFrom;
    this.#measureUntil = measureUntil;
  }

  get sent(): number {
    return this.#sent;
  }

  get ended(): number {
    return this.#answered + this.#failed + this.#refused;
  }

  get bad(): number {
    return this.#failed + this.#refused;
  }

  /** The last whole second, or null in the first one. */
  get lastSecond(): Second | null {
    return this.#seconds.at(-1) ?? null;
  }

  markSent(): void {
    this.#sent++;
  }

  record(finished: Finished): void {
    this.#closeSeconds(finished.endedAt);
    const ending = this.#checked(finished);
    if (ending.kind === 'answered') this.#recordAnswer(finished, ending);
    else {
      if (ending.kind === 'failed') this.#failed++;
      else this.#refused++;
      this.#second[ending.kind]++;
      this.#countReason(ending.reason);
    }
  }

  result(): LoadResult {
    const measuredS = (this.#measureUntil - this.#measureFrom) / 1000;
    return {
      sent: this.#sent,
      answered: this.#answered,
      failed: this.#failed,
      refused: this.#refused,
      reasons: [...this.#reasons]
        .map(([reason, count]) => ({ reason, count }))
        .sort((a, b) => b.count - a.count),
      perSecond: this.#answeredInTime / measuredS,
      measuredS,
      latency: this.#latency.summary(),
      accepted: this.#accepted.summary(),
      lateness: this.#lateness.summary(),
      stages: Object.fromEntries([...this.#stages].map(([name, latency]) => [name, latency.summary()])),
      batchSizes: Object.fromEntries(this.#batchSizes),
      seconds: this.#seconds,
    };
  }

  /** Equal pixels must have equal answers; an answer to another's image shows up here. */
  #checked({ ending, image, model }: Finished): Ending {
    if (ending.kind !== 'answered') return ending;
    const key = `${model} ${image}`;
    const known = this.#answers.get(key);
    if (known === undefined) this.#answers.set(key, ending.answer);
    else if (!agree(known, ending.answer)) {
      const said = (answer: TopAnswer | null) =>
        answer ? `${answer.className} ${answer.confidence.toFixed(3)}` : 'nothing';
      const reason = `${model} answered ${said(ending.answer)} to ${image}, and ${said(known)} before`;
      return { kind: 'failed', reason };
    }
    return ending;
  }

  #recordAnswer(finished: Finished, ending: Extract<Ending, { kind: 'answered' }>): void {
    const latency = finished.endedAt - finished.scheduledAt;
    this.#answered++;
    this.#second.latencies.push(latency);
    if (finished.endedAt < this.#measureFrom) return;
    if (finished.endedAt <= this.#measureUntil) this.#answeredInTime++;
    this.#latency.record(latency);
    this.#accepted.record(ending.acceptedMs);
    this.#lateness.record(finished.sentAt - finished.scheduledAt);
    if (!ending.metrics) return;
    for (const [name, ms] of Object.entries(ending.metrics.stages)) {
      const stage = this.#stages.get(name) ?? new Latency();
      this.#stages.set(name, stage);
      stage.record(ms);
    }
    const { batchSize } = ending.metrics;
    if (batchSize !== null) this.#batchSizes.set(batchSize, (this.#batchSizes.get(batchSize) ?? 0) + 1);
  }

  #countReason(reason: string): void {
    const key = this.#reasons.size < MAX_REASONS || this.#reasons.has(reason) ? reason : 'other reasons';
    this.#reasons.set(key, (this.#reasons.get(key) ?? 0) + 1);
  }

  #closeSeconds(now: number): void {
    while (now >= (this.#second.index + 1) * 1000) {
      const { index, latencies, failed, refused } = this.#second;
      latencies.sort((a, b) => a - b);
      this.#seconds.push({
        second: index,
        answered: latencies.length,
        failed,
        refused,
        inFlight: this.#sent - this.ended,
        p50: quantile(latencies, 0.5),
        p99: quantile(latencies, 0.99),
      });
      this.#second = { index: index + 1, latencies: [], failed: 0, refused: 0 };
    }
  }
}

function agree(known: TopAnswer | null, answer: TopAnswer | null): boolean {
  if (!known || !answer) return known === answer;
  const off = Math.abs(known.confidence - answer.confidence) / Math.max(known.confidence, answer.confidence);
  return off <= (known.className === answer.className ? SAME_CLASS_TOLERANCE : OTHER_CLASS_TOLERANCE);
}
