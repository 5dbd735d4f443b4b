/** The worst mistakes of a training, and giving an image the class that it should have had. */
import type { TrainingMetrics } from '@scry/shared/contracts/training';
import { useState } from 'preact/hooks';
import { changeItems } from '../client/datasets.js';
import { useAction } from '../client/use-action.js';
import { ClassDialog } from '../datasets/class-dialog.js';
import { announce } from '../parts/announcer.js';
import { ItemImage } from '../parts/item-image.js';
import { ErrorNotice } from '../parts/notice.js';
import { TRAINING_SCOPES } from '../parts/train-tabs.js';
import { percent, useTexts } from '../texts/training.js';

interface Props {
  readonly dataset: string;
  readonly mistakes: TrainingMetrics['mistakes'];
  readonly classes: TrainingMetrics['classes'];
}

export function Mistakes({ dataset, mistakes, classes }: Props) {
  const t = useTexts();
  const [open, setOpen] = useState<string | null>(null);
  const [changed, setChanged] = useState<Readonly<Record<string, string | null>>>({});
  const { error, run } = useAction();
  const relabel = (item: string, label: string | null) =>
    run(async () => {
      await changeItems(dataset, [item], { class: label });
      setChanged((before) => ({ ...before, [item]: label }));
      announce(t.datasets.relabelled(t.datasets.images('1'), label ?? t.datasets.noClass));
    });
  return (
    <section class="panel" aria-labelledby="mistakes-title">
      <h2 id="mistakes-title">{t.trainings.mistakes}</h2>
      <p class="quiet-text">{mistakes.length === 0 ? t.trainings.noMistakes : t.trainings.mistakesHelp}</p>
      {error !== null && <ErrorNotice error={error} scopes={TRAINING_SCOPES} />}
      <ul class="mistakes">
        {mistakes.map(({ item, class: truth, answered, confidence }) => (
          <li key={item}>
            <button
              type="button"
              class="mistake"
              aria-label={`${t.trainings.mistakeOf(truth, answered)}, ${percent(confidence, 0)}: ${t.datasets.relabel}`}
              onClick={() => setOpen(item)}
            >
              <ItemImage dataset={dataset} item={item} />
              <span>{t.trainings.mistakeOf(truth, answered)}</span>
              <span class="figures quiet-text">
                {item in changed ? `✓ ${changed[item] ?? t.datasets.noClass}` : percent(confidence, 0)}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {open !== null && (
        <ClassDialog
          images={1}
          classes={classes.map((one) => one.class)}
          preview={<ItemImage dataset={dataset} item={open} />}
          onClose={() => setOpen(null)}
          onChoose={(label) => {
            setOpen(null);
            relabel(open, label);
          }}
        />
      )}
    </section>
  );
}
