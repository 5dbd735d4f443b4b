/** Figures over time, of the last minutes or of hours and days. */
import type { Bucket, Operations, StatisticsHistory } from '@scry/shared/contracts/statistics';
import { useMemo } from 'preact/hooks';
import { Chart, type Series } from '../parts/chart.js';
import { hueOf } from '../result/tones.js';
import { type Texts, useTexts } from '../texts/operating.js';

/** What charts and failures are made from, whether live or of a longer time. */
export type Figures = Pick<Operations & StatisticsHistory, 'buckets' | 'bucket_s' | 'failures'>;

/** Degrees. */
const HUES = { good: 168, bad: 6, tail: 262, batch: 212 } as const;

function seriesOf(data: Figures, o: Texts['operations']) {
  const { buckets, bucket_s } = data;
  const models = [...new Set(buckets.flatMap(({ unfinished }) => Object.keys(unfinished)))].sort();
  const line = (name: string, hue: number, read: (bucket: Bucket) => number | null): Series => ({
    name,
    hue,
    values: buckets.map(read),
  });
  return {
    times: buckets.map(({ at }) => at),
    throughput: [
      line(o.succeeded, HUES.good, ({ succeeded }) => succeeded / bucket_s),
      line(o.failed, HUES.bad, ({ failed }) => failed / bucket_s),
    ],
    latency: [
      line(o.median, HUES.good, ({ median_ms }) => median_ms),
      line(o.p95, HUES.tail, ({ p95_ms }) => p95_ms),
    ],
    batches: [line(o.batches, HUES.batch, ({ batch_size }) => batch_size)],
    unfinished: models.map((model, index) =>
      line(model, hueOf(index + 1), ({ unfinished }) => unfinished[model] ?? 0),
    ),
  };
}

interface Props {
  readonly data: Figures;
  /** Whether small values are drawn as far apart as large ones. */
  readonly logarithmic: boolean;
}

export function Charts({ data, logarithmic }: Props) {
  const t = useTexts();
  const o = t.operations;
  const { times, throughput, latency, batches, unfinished } = useMemo(() => seriesOf(data, o), [data, o]);
  const same = { times, logarithmic };
  return (
    <div class="charts">
      <Chart {...same} title={o.throughput} unit={o.throughputUnit} series={throughput} digits={1} />
      <Chart {...same} title={o.latency} unit={o.latencyUnit} series={latency} />
      <Chart {...same} title={o.queue} unit={o.queueUnit} series={unfinished} />
      <Chart {...same} title={o.batches} unit={o.batchesUnit} series={batches} digits={1} />
    </div>
  );
}
