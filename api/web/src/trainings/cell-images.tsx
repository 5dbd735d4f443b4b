/** The images behind one number of a confusion matrix. */
import type { TrainingAnswerView } from '@scry/shared/contracts/training';
import { trainingPath } from '../client/trainings.js';
import { useLoad } from '../client/use-load.js';
import { ItemImage } from '../parts/item-image.js';
import { ErrorNotice } from '../parts/notice.js';
import { TRAINING_SCOPES } from '../parts/train-tabs.js';
import { count, percent, useTexts } from '../texts/training.js';

interface Props {
  readonly training: string;
  readonly dataset: string;
  /** The true class, and what was answered. */
  readonly truth: string;
  readonly answer: string;
  /** How many there are. */
  readonly images: number;
  readonly onClose: () => void;
}

/** Shown of one cell: enough to see what its images have in common. */
const SHOWN = 100;

export function CellImages({ training, dataset, truth, answer, images, onClose }: Props) {
  const t = useTexts();
  const query = new URLSearchParams({ class: truth, answered: answer, limit: String(SHOWN) });
  const { data, error, reload } = useLoad<{ items: readonly TrainingAnswerView[] }>(
    `${trainingPath(training)}/answers?${query}`,
  );
  const shown = data?.items.filter((one) => one.class === truth && one.answered === answer) ?? [];
  return (
    <section class="cell-images" aria-live="polite">
      <div class="cell-head">
        <h3>{t.trainings.cellTitle(truth, answer)}</h3>
        <button type="button" class="quiet" onClick={onClose}>
          {t.datasets.close}
        </button>
      </div>
      {error !== null && <ErrorNotice error={error} onRetry={reload} scopes={TRAINING_SCOPES} />}
      {data && shown.length < images && (
        <p class="quiet-text">{t.trainings.cellSome(count(shown.length), count(images))}</p>
      )}
      <ul class="mistakes">
        {shown.map(({ item, confidence }) => (
          <li key={item}>
            <ItemImage dataset={dataset} item={item} alt={truth} />
            <span class="figures quiet-text">{percent(confidence, 0)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
