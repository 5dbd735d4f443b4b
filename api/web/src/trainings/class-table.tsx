/** Precision, recall and F1 of each class; the weakest first. */
import type { TrainingMetrics } from '@scry/shared/contracts/training';
import { count, percent, useTexts } from '../texts/training.js';

export function ClassTable({ classes }: { readonly classes: TrainingMetrics['classes'] }) {
  const t = useTexts();
  const weakestFirst = [...classes].sort((a, b) => a.f1 - b.f1);
  return (
    <section class="panel">
      <h2>{t.trainings.perClass}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: on a small screen it scrolls, and keys must reach it */}
      <section class="table-scroll narrow" tabIndex={0} aria-label={t.trainings.perClass}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t.datasets.filter.class}</th>
              <th scope="col">{t.trainings.validated}</th>
              <th scope="col">{t.trainings.precision}</th>
              <th scope="col">{t.trainings.recall}</th>
              <th scope="col">{t.trainings.f1}</th>
            </tr>
          </thead>
          <tbody>
            {weakestFirst.map(({ class: name, images, precision, recall, f1 }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="figures">{count(images)}</td>
                <td class="figures">{percent(precision, 1)}</td>
                <td class="figures">{percent(recall, 1)}</td>
                <td class="figures">
                  <span class="f1" style={{ '--share': String(f1) }}>
                    {percent(f1, 1)}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}
