/** What there is to do from images to a model of one's own, for whoever begins. */
import { useTexts } from '../texts/training.js';

export function Steps() {
  const t = useTexts();
  return (
    <section class="steps" aria-labelledby="steps-title">
      <h2 id="steps-title">{t.datasets.stepsTitle}</h2>
      <ol>
        {t.datasets.steps.map((step, index) => (
          <li key={step}>
            <span class="step-number" aria-hidden="true">
              {index + 1}
            </span>
            <span>{step}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
