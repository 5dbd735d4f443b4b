/** How the system is, at a glance and live. */
import type { Bucket, Operations as OperationsData } from '@scry/shared/contracts/statistics';
import { useMemo } from 'preact/hooks';
import { useOperations } from '../client/use-operations.js';
import { Chart, type Series } from '../parts/chart.js';
import { ErrorNotice } from '../parts/notice.js';
import { hueOf } from '../result/tones.js';
import { count, duration, span, type Texts, useTexts } from '../texts/index.js';
import '../styles/operations.css';

export function Operations() {
  const t = useTexts();
  const { data, live, error } = useOperations();
  return (
    <>
      <div class="view-head">
        <h1 tabIndex={-1}>{t.operations.title}</h1>
        {data && (
          <p class={`live ${live ? 'on' : 'off'}`} role="status">
            {live ? t.operations.live : t.operations.reconnecting}
          </p>
        )}
      </div>
      {error && <ErrorNotice error={error} />}
      {!data && !error && <p class="quiet-text">{t.common.loading}</p>}
      {data && (
        <>
          <Now data={data} />
          <Charts data={data} />
          <Workers workers={data.workers} />
          <Failures failures={data.failures} minutes={(data.buckets.length * data.bucket_s) / 60} />
        </>
      )}
    </>
  );
}

/** Buckets that "now" is the mean of: one alone is too jumpy to read. */
const NOW_BUCKETS = 5;

function Now({ data }: { readonly data: OperationsData }) {
  const t = useTexts();
  const last = data.buckets.slice(-NOW_BUCKETS);
  const ended = last.reduce((sum, bucket) => sum + bucket.succeeded + bucket.failed, 0);
  const median = last.findLast(({ median_ms }) => median_ms !== null)?.median_ms;
  const unfinished = Object.values(data.unfinished).reduce((sum, value) => sum + value, 0);
  const rate = ended / Math.max(1, last.length * data.bucket_s);
  const figures: readonly (readonly [string, string])[] = [
    [count(rate, rate < 10 ? 1 : 0), t.operations.now.throughput],
    [median === null || median === undefined ? '–' : duration(median), t.operations.now.latency],
    [count(unfinished), t.operations.now.unfinished],
    [count(data.workers.length), t.operations.now.workers],
  ];
  return (
    <dl class="tally now">
      {figures.map(([value, name]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Degrees. */
const HUES = { good: 168, bad: 6, tail: 262, batch: 212 } as const;

function seriesOf(data: OperationsData, t: Texts) {
  const { buckets, bucket_s } = data;
  const models = [...new Set(buckets.flatMap(({ unfinished }) => Object.keys(unfinished)))].sort();
  const line = (name: string, hue: number, read: (bucket: Bucket) => number | null): Series => ({
    name,
    hue,
    values: buckets.map(read),
  });
  const o = t.operations;
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

function Charts({ data }: { readonly data: OperationsData }) {
  const t = useTexts();
  const { times, throughput, latency, batches, unfinished } = useMemo(() => seriesOf(data, t), [data, t]);
  const o = t.operations;
  return (
    <div class="charts">
      <Chart title={o.throughput} unit={o.throughputUnit} times={times} series={throughput} digits={1} />
      <Chart title={o.latency} unit={o.latencyUnit} times={times} series={latency} />
      <Chart title={o.queue} unit={o.queueUnit} times={times} series={unfinished} />
      <Chart title={o.batches} unit={o.batchesUnit} times={times} series={batches} digits={1} />
    </div>
  );
}

function Workers({ workers }: { readonly workers: OperationsData['workers'] }) {
  const t = useTexts();
  const head = t.operations.worker;
  return (
    <section class="panel">
      <h2>{t.operations.workers}</h2>
      {workers.length === 0 ? (
        <p class="warn-text">{t.operations.noWorkers}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: on a small screen it scrolls, and keys must reach it
        <section class="table-scroll" tabIndex={0} aria-label={t.operations.workers}>
          <table>
            <thead>
              <tr>
                <th scope="col">{head.id}</th>
                <th scope="col">{head.models}</th>
                <th scope="col">{head.device}</th>
                <th scope="col">{head.host}</th>
                <th scope="col">{head.up}</th>
              </tr>
            </thead>
            <tbody>
              {workers.map((worker) => (
                <tr key={worker.id}>
                  <th scope="row">{worker.id}</th>
                  <td>
                    {worker.models.map(({ name }) => name).join(', ')}
                    {worker.problems.map(({ name, message }) => (
                      <span key={name} class="bad-text">
                        {name}: {message}
                      </span>
                    ))}
                  </td>
                  <td>{[...new Set(worker.models.map(({ device }) => device))].join(', ')}</td>
                  <td>{worker.host}</td>
                  <td class="figures">{span(worker.up_s)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
}

function Failures({
  failures,
  minutes,
}: {
  readonly failures: OperationsData['failures'];
  readonly minutes: number;
}) {
  const t = useTexts();
  const head = t.operations.code;
  return (
    <section class="panel">
      <h2>{t.operations.failures}</h2>
      <p class="quiet-text">{t.operations.window(Math.round(minutes))}</p>
      {failures.length === 0 ? (
        <p>{t.operations.noFailures}</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">{head.number}</th>
              <th scope="col">{head.meaning}</th>
              <th scope="col">{head.count}</th>
            </tr>
          </thead>
          <tbody>
            {failures.map(({ code, count: times }) => (
              <tr key={code}>
                <th scope="row" class="figures">
                  {code}
                </th>
                <td>{t.operations.codes[code] ?? t.operations.codes[500]}</td>
                <td class="figures">{count(times)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
