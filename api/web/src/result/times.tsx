/** Where a prediction's time went, stage by stage. */
import type { PredictionMetrics } from '@scry/shared/contracts/prediction';
import { duration, useTexts } from '../texts/index.js';

const STAGES = ['queue_ms', 'decode_ms', 'batch_ms', 'inference_ms'] as const;

export function Times({ metrics }: { readonly metrics: PredictionMetrics }) {
  const t = useTexts();
  const known = STAGES.map((stage) => ({ stage, ms: metrics[stage] }));
  const staged = known.reduce((sum, { ms }) => sum + ms, 0);
  // Stages are measured by the worker's clock and the total by the database's: a total below its parts cannot be.
  const total = Math.max(metrics.total_ms, staged);
  const rest = total - staged;
  const parts = [...known, { stage: 'rest' as const, ms: rest }];
  return (
    <details class="times">
      <summary>
        {t.result.times} <span class="quiet-text">{duration(total)}</span>
      </summary>
      <div class="times-bar" aria-hidden="true">
        {parts.map(({ stage, ms }) => (
          <span
            key={stage}
            class={`stage-${stage}`}
            style={{ width: `${(ms / Math.max(total, 1e-9)) * 100}%` }}
          />
        ))}
      </div>
      <dl>
        {parts.map(({ stage, ms }) => (
          <div key={stage}>
            <dt>
              <span class={`swatch stage-${stage}`} />
              {t.result.stages[stage]}
            </dt>
            <dd class="figures">{duration(ms)}</dd>
          </div>
        ))}
      </dl>
      <p class="quiet-text">
        {t.result.total(duration(total))}
        {metrics.batch_size > 0 && `, ${t.result.batch(metrics.batch_size)}`}
      </p>
    </details>
  );
}
