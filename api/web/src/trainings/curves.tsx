/** Loss, accuracy and macro F1 of a training by epoch, on the images that it learns from and those that it is measured by. */
import type { CurvePoint, Method } from '@scry/shared/contracts/training';
import { LineChart } from '../parts/line-chart.js';
import { count, percent, useTexts } from '../texts/training.js';

/** Degrees. */
const HUES = { train: 212, validation: 168 } as const;

export function Curves({
  curve,
  method,
}: {
  readonly curve: readonly CurvePoint[];
  readonly method: Method;
}) {
  const t = useTexts();
  const steps = curve.map(({ epoch }) => epoch);
  const chart = (
    title: string,
    train: (point: CurvePoint) => number | null,
    validation: (point: CurvePoint) => number | null,
    shares: boolean,
  ) => {
    const lines = [
      { name: t.trainings.train, hue: HUES.train, dashed: true, values: curve.map(train) },
      { name: t.trainings.validation, hue: HUES.validation, values: curve.map(validation) },
    ].filter(({ values }) => values.some((value) => value !== null));
    if (lines.length === 0) return null;
    return (
      <LineChart
        title={title}
        steps={steps}
        lines={lines}
        shares={shares}
        format={(value) => (shares ? percent(value, 1) : count(value, value < 1 ? 3 : 2))}
        nameOf={(step) => t.trainings.at(count(step))}
      />
    );
  };
  return (
    <section class="panel" aria-labelledby="curves-title">
      <h2 id="curves-title">
        {t.trainings.curves}{' '}
        <span class="quiet-text">{method === 'head' ? t.trainings.byIteration : t.trainings.byEpoch}</span>
      </h2>
      <div class="curves">
        {chart(
          t.trainings.loss,
          ({ loss }) => loss,
          ({ validation_loss }) => validation_loss,
          false,
        )}
        {chart(
          t.trainings.accuracy,
          ({ accuracy }) => accuracy,
          ({ validation_accuracy }) => validation_accuracy,
          true,
        )}
        {chart(
          t.trainings.macroF1,
          ({ macro_f1 }) => macro_f1,
          ({ validation_macro_f1 }) => validation_macro_f1,
          true,
        )}
      </div>
    </section>
  );
}
