/**
 * How models and their versions did lately. Owns the figures of each model that was asked about, and reads them again when
 * somebody asks after FRESH_MS: a reading looks at up to NEWEST predictions.
 */
import type { ModelStatistics, VersionStatistics } from '@scry/shared/contracts/statistics';
import type { Percentiles, RecentOfVersion, StatisticsStore } from '@scry/shared/database/statistics';
import { Memo } from '@scry/shared/runtime/memo';

/** How many of a model's newest predictions its figures are about: some milliseconds of reading. */
const NEWEST = 10_000;
/** How far a model's predictions are counted. */
const COUNT_TO = 100_000;
const FRESH_MS = 10_000;
/** Models whose figures are kept; beyond it those asked for first go. */
const MOST_MODELS = 1000;

const latency = (percentiles: Percentiles) => ({
  median_ms: percentiles?.[0] ?? null,
  p95_ms: percentiles?.[1] ?? null,
});

function presentVersion(figures: RecentOfVersion): VersionStatistics {
  const { version, ended, succeeded, failed, waitMs, inferenceMs, totalMs, reportedWrong } = figures;
  return {
    ...{ version, recent: ended, succeeded, failed },
    wait: latency(waitMs),
    inference: latency(inferenceMs),
    total: latency(totalMs),
    reported_wrong: reportedWrong,
    reported_wrong_share: succeeded > 0 ? reportedWrong / succeeded : null,
  };
}

export class ModelFigures {
  readonly #statistics: Pick<StatisticsStore, 'ofModel'>;
  readonly #kept = new Map<string, Memo<ModelStatistics>>();

  constructor(statistics: Pick<StatisticsStore, 'ofModel'>) {
    this.#statistics = statistics;
  }

  /** The figures of a model, at most FRESH_MS old. @throws what the database says */
  ofModel(name: string): Promise<ModelStatistics> {
    const memo = this.#kept.get(name) ?? new Memo({ ask: () => this.#read(name), freshMs: FRESH_MS });
    this.#kept.delete(name);
    this.#kept.set(name, memo); // the last one now
    for (const first of this.#kept.keys()) {
      if (this.#kept.size <= MOST_MODELS) break;
      this.#kept.delete(first);
    }
    return memo.get();
  }

  /** One after the other: what people look at now and then must not take every connection. @throws what the database says */
  async all(names: Iterable<string>): Promise<ModelStatistics[]> {
    const found: ModelStatistics[] = [];
    for (const name of names) found.push(await this.ofModel(name));
    return found;
  }

  async #read(name: string): Promise<ModelStatistics> {
    const figures = await this.#statistics.ofModel(name, NEWEST, COUNT_TO + 1);
    return {
      name,
      predictions: Math.min(figures.predictions, COUNT_TO),
      predictions_exact: figures.predictions <= COUNT_TO,
      recent: figures.succeeded,
      ...latency(figures.totalMs),
      reported_wrong: figures.reportedWrong,
      versions: figures.versions.map(presentVersion),
    };
  }
}
