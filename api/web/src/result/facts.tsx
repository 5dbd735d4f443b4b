/** The small print of a prediction. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { bytes, count, dateTime, useTexts } from '../texts/index.js';

export function Facts({ prediction }: { readonly prediction: PredictionView }) {
  const t = useTexts();
  const { image, model, metrics } = prediction;
  const rows: readonly (readonly [string, string])[] = [
    [t.result.fact.id, prediction.prediction_id],
    [t.result.fact.model, `${model.name}@${model.version}`],
    [t.result.fact.engine, model.engine],
    ...(metrics
      ? ([
          [t.result.fact.device, metrics.device],
          [t.result.fact.worker, metrics.worker],
        ] as const)
      : []),
    [
      t.result.fact.image,
      `${image.format.toUpperCase()}, ${count(image.width)} × ${count(image.height)}, ${bytes(image.bytes)}`,
    ],
    [t.result.fact.sent, dateTime(prediction.created_at)],
  ];
  return (
    <details class="facts">
      <summary>{t.result.facts}</summary>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {prediction.cached && <p class="quiet-text">{t.result.fact.cached}</p>}
    </details>
  );
}
