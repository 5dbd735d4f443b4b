/** Where a prediction's time went, stage by stage. */
import type { PredictionMetrics } from '@scry/shared/contracts/prediction';
import { duration, useTexts } from '../texts/index.js';

const STAGES = ['queue_ms', 'decode_ms', 'batch_ms', 'inference_ms'] as const;

export function Times({ metrics }: { readonly metrics: PredictionMetrics }) {
  const t = useTexts();
  const known = STAGES.map((stage) => ({ stage, ms: metrics[stage] }));
  const rest = Math.max(0, metrics.total_ms - known.reduce((sum, { ms }) => sum + ms, 0));
  const parts = [...known, { stage: 'rest' as const, ms: rest }];
  const sum = Math.max(
    1e-9,
    parts.reduce((total, { ms }) => total + ms, 0),
  );
  return (
    <section class="times">
      <h3>{t.result.times}</h3>
      <div class="times-bar" aria-hidden="true">
        {parts.map(({ stage, ms }) => (
          <span key={stage} class={`stage-${stage}`} style={{ width: `${(ms / sum) * 100}%` }} />
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
        {t.result.total(duration(metrics.total_ms))}, {t.result.batch(metrics.batch_size)}
      </p>
    </section>
  );
}
