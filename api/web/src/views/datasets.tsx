/** The data sets, and making one: by its name, or by dropping a zip or folders. */
import { useState } from 'preact/hooks';
import { createDataset, DATASETS, type DatasetPage, type DatasetView } from '../client/datasets.js';
import { useAction } from '../client/use-action.js';
import { useLoad } from '../client/use-load.js';
import { addFiles } from '../datasets/additions.js';
import { DatasetCard } from '../datasets/dataset-card.js';
import { Steps } from '../datasets/steps.js';
import type { GivenFile } from '../parts/given-files.js';
import { ErrorNotice } from '../parts/notice.js';
import { TRAINING_SCOPES, TrainTabs } from '../parts/train-tabs.js';
import { navigate } from '../routing/router.js';
import { useDropTarget } from '../state/drop-target.js';
import { useTexts } from '../texts/training.js';
import '../styles/datasets.css';

export function Datasets() {
  const t = useTexts();
  const { data, error, reload } = useLoad<DatasetPage>(DATASETS);
  return (
    <>
      <TrainTabs current="datasets" />
      <div class="view-head">
        <h1 tabIndex={-1}>{t.datasets.title}</h1>
      </div>
      {error !== null && <ErrorNotice error={error} onRetry={reload} scopes={TRAINING_SCOPES} />}
      {!data && error === null && <p class="quiet-text">{t.common.loading}</p>}
      {data && <Loaded items={data.items} />}
    </>
  );
}

function Loaded({ items }: { readonly items: readonly DatasetView[] }) {
  return (
    <>
      {items.length === 0 && <Steps />}
      <CreateForm />
      <ul class="dataset-cards">
        {items.map((dataset) => (
          <DatasetCard key={dataset.id} dataset={dataset} />
        ))}
      </ul>
    </>
  );
}

/** What a data set of these files is called: as the first folder or zip. */
function nameOf(files: readonly GivenFile[]): string {
  const [first] = files;
  return first?.file.name.replace(/\.[^.]*$/, '').slice(0, 100) || 'images';
}

function CreateForm() {
  const t = useTexts();
  const [name, setName] = useState('');
  const { busy, error, run } = useAction();
  const make = (called: string, files: readonly GivenFile[]) =>
    run(async () => {
      const { id } = await createDataset(called);
      addFiles(id, files, null);
      navigate(`/datasets/${id}`);
    });
  useDropTarget(t.datasets.release, (files) => make(name.trim() || nameOf(files), files));
  const submit = (event: Event) => {
    event.preventDefault();
    if (name.trim() !== '') make(name.trim(), []);
  };
  return (
    <>
      <form class="create-form" onSubmit={submit}>
        <label class="field grow">
          <span>{t.datasets.newTitle}</span>
          <input
            value={name}
            maxLength={100}
            placeholder={t.datasets.namePlaceholder}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary" disabled={busy || name.trim() === ''}>
          {t.datasets.create}
        </button>
        <p class="quiet-text create-hint">{t.datasets.orDrop}</p>
      </form>
      {error !== null && <ErrorNotice error={error} scopes={TRAINING_SCOPES} />}
    </>
  );
}
