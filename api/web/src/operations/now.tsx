/** How it is at this moment, in four figures. */
import type { Operations as OperationsData } from '@scry/shared/contracts/statistics';
import { count, duration } from '../texts/index.js';
import { useTexts } from '../texts/operating.js';

/** Buckets that "now" is the mean of: one alone is too jumpy to read. */
const NOW_BUCKETS = 5;

export function Now({ data }: { readonly data: OperationsData }) {
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
