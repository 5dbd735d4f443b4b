/** Where images, folders and zips are added to a data set, and what became of those given before. */
import { useId, useState } from 'preact/hooks';
import type { DatasetView } from '../client/datasets.js';
import { sentenceFor } from '../client/failure.js';
import { RequestFailed } from '../client/http.js';
import { FileButton } from '../parts/file-button.js';
import { IMAGE_FILES } from '../parts/given-files.js';
import { ErrorNotice } from '../parts/notice.js';
import { TRAINING_SCOPES } from '../parts/train-tabs.js';
import { useDropTarget } from '../state/drop-target.js';
import { count, percent, useTexts } from '../texts/training.js';
import { type Addition, addFiles, dismiss, isUnderWay, stopAddition } from './additions.js';

interface Props {
  readonly dataset: DatasetView;
  readonly additions: readonly Addition[];
  /** One row, for when there are images to look at; or none to be seen, while dropped files are taken all the same. */
  readonly form: 'large' | 'row' | 'hidden';
}

/** How the button for what is given most is shown. */
const main = (is: boolean) => ({ look: is ? 'primary' : '', icon: is });

export function AddPanel({ dataset, additions, form }: Props) {
  const t = useTexts();
  const compact = form === 'row';
  const classes = useId();
  const [label, setLabel] = useState('');
  const add = (files: Parameters<typeof addFiles>[1]) => addFiles(dataset.id, files, label.trim() || null);
  useDropTarget(t.datasets.release, add);
  return (
    <section class="add-panel" aria-label={t.datasets.give}>
      {form !== 'hidden' && (
        <div class={`drop-zone${compact ? ' one-row' : ''}`}>
          <div class="drop-words">
            <strong>{t.datasets.drop}</strong>
            <span>{t.datasets.dropHelp}</span>
          </div>
          <div class="drop-buttons">
            <FileButton
              label={t.datasets.pickImages}
              accept={IMAGE_FILES}
              multiple={true}
              onFiles={add}
              {...main(compact)}
            />
            <FileButton label={t.datasets.pickFolder} folder={true} multiple={true} onFiles={add} />
            <FileButton
              label={t.datasets.pickZip}
              accept=".zip"
              multiple={true}
              onFiles={add}
              {...main(!compact)}
            />
          </div>
          <label class="field class-for">
            <span>{t.datasets.classFor}</span>
            <input
              list={classes}
              maxLength={100}
              placeholder={t.datasets.none}
              value={label}
              onInput={(event) => setLabel(event.currentTarget.value)}
            />
            <datalist id={classes}>
              {dataset.classes.map(
                (one) => one.class !== null && <option key={one.class} value={one.class} />,
              )}
            </datalist>
          </label>
        </div>
      )}
      {additions.map((addition) => (
        <Report key={addition.key} addition={addition} />
      ))}
    </section>
  );
}

function Report({ addition }: { readonly addition: Addition }) {
  const t = useTexts();
  const { key, zip, phase, sent, added, repeated, skipped, report, error } = addition;
  const underWay = isUnderWay(addition);
  const counts = t.datasets.counts(count(added), count(repeated), count(skipped));
  const state = phase === 'sending' ? t.datasets.phase.sending(percent(sent, 0)) : t.datasets.phase[phase];
  return (
    <div class={`notice addition ${phase === 'failed' ? 'bad' : phase === 'done' ? 'good' : ''}`}>
      <div class="addition-head">
        <strong class="addition-name">{zip ?? t.datasets.someImages}</strong>
        <span role="status">{state}</span>
        <button type="button" class="quiet" onClick={() => (underWay ? stopAddition(key) : dismiss(key))}>
          {underWay ? t.datasets.stop : t.datasets.dismiss}
        </button>
      </div>
      {underWay && (
        <progress
          class="progress"
          max={1}
          aria-label={state}
          {...(phase === 'sending' ? { value: sent } : {})}
        />
      )}
      {(zip === null || phase !== 'sending') && <p class="figures">{counts}</p>}
      {phase === 'failed' && <Failure error={error} />}
      {report.length > 0 && (
        <details class="skipped" open={!underWay && skipped > 0}>
          <summary>{t.datasets.skippedTitle(count(skipped))}</summary>
          <ul>
            {report.map(({ path, reason }) => (
              <li key={path}>
                <code>{path}</code> <span {...(zip ? { lang: 'en' } : {})}>{reason}</span>
              </li>
            ))}
          </ul>
          {skipped > report.length && (
            <p class="quiet-text">{t.datasets.skippedFirst(count(report.length))}</p>
          )}
        </details>
      )}
    </div>
  );
}

/** Why an addition failed: a sentence of the server about a zip, or an error. */
function Failure({ error }: { readonly error: unknown }) {
  const t = useTexts();
  if (typeof error === 'string') return <p lang="en">{error}</p>;
  if (error instanceof RequestFailed && error.needsKey)
    return <ErrorNotice error={error} scopes={TRAINING_SCOPES} />;
  return <p>{sentenceFor(error, t)}</p>;
}
