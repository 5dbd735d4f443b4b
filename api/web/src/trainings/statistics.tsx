/** The versions that trainings made of each model, with what was measured on the images of each part. */
import type { Scores, TrainedVersion, TrainingStatistics } from '@scry/shared/contracts/training';
import { useLoad } from '../client/use-load.js';
import { LineChart } from '../parts/line-chart.js';
import { Link } from '../routing/router.js';
import { count, dateTime, percent, useTexts } from '../texts/training.js';

/** Degrees. */
const HUES = { train: 212, validation: 168, test: 32 } as const;

export function Statistics() {
  const t = useTexts();
  const { data } = useLoad<TrainingStatistics>('/v1/stats/trainings');
  if (!data || data.models.length === 0) return null;
  return (
    <section class="trained" aria-labelledby="trained-title">
      <h2 id="trained-title">{t.trainings.trained}</h2>
      {data.models.map(({ model, versions }) => (
        <details key={model} class="panel">
          <summary>
            {model} · {t.trainings.versions(versions.length)} ·{' '}
            {percent(Math.max(...versions.map(({ validation }) => validation.accuracy)))}{' '}
            {t.trainings.accuracy}
          </summary>
          {versions.length > 1 && <Accuracy versions={versions} />}
          <Table model={model} versions={versions} />
        </details>
      ))}
    </section>
  );
}

function Accuracy({ versions }: { readonly versions: readonly TrainedVersion[] }) {
  const t = useTexts();
  const line = (part: keyof typeof HUES, dashed: boolean) => ({
    name: t.trainings.parts[part],
    hue: HUES[part],
    dashed,
    values: versions.map((version) => version[part]?.accuracy ?? null),
  });
  const lines = [line('train', true), line('validation', false), line('test', false)];
  return (
    <LineChart
      title={t.trainings.accuracy}
      steps={versions.map((_, index) => index + 1)}
      lines={lines.filter(({ values }) => values.some((value) => value !== null))}
      shares
      format={(value) => percent(value)}
      nameOf={(step) => versions[step - 1]?.version ?? ''}
    />
  );
}

interface TableProps {
  readonly model: string;
  readonly versions: readonly TrainedVersion[];
}

function Table({ model, versions }: TableProps) {
  const t = useTexts();
  const parts = ['train', 'validation', 'test'] as const;
  const cell = (scores: Scores | null, read: (scores: Scores) => string) => (scores ? read(scores) : '–');
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: on a small screen it scrolls, and keys must reach it
    <section class="table-scroll" tabIndex={0} aria-label={model}>
      <table class="trained-versions">
        <thead>
          <tr>
            <th scope="col">{t.models.version}</th>
            <th scope="col">{t.trainings.part}</th>
            <th scope="col">{t.trainings.loss}</th>
            <th scope="col">{t.trainings.accuracy}</th>
            <th scope="col">{t.trainings.macroF1}</th>
          </tr>
        </thead>
        {[...versions].reverse().map((version) => (
          <tbody key={version.training}>
            {parts.map(
              (part, index) =>
                (part !== 'test' || version.test) && (
                  <tr key={part}>
                    {index === 0 && (
                      <th scope="rowgroup" rowSpan={version.test ? 3 : 2}>
                        <Link href={`/trainings/${version.training}`}>{version.version}</Link>
                        <span class="quiet-text trained-facts">
                          {version.method}, {t.datasets.images(count(version.images.train))},{' '}
                          {dateTime(version.ended_at)}
                        </span>
                      </th>
                    )}
                    <td>{t.trainings.parts[part]}</td>
                    <td class="figures">{cell(version[part], ({ loss }) => count(loss, 3))}</td>
                    <td class="figures">{cell(version[part], ({ accuracy }) => percent(accuracy))}</td>
                    <td class="figures">{cell(version[part], ({ macro_f1 }) => percent(macro_f1))}</td>
                  </tr>
                ),
            )}
          </tbody>
        ))}
      </table>
    </section>
  );
}
