/** A data set's name and size, and what can be done with it as a whole. */
import { useState } from 'preact/hooks';
import {
  addReported,
  changeDataset,
  type DatasetView,
  datasetPath,
  removeDataset,
} from '../client/datasets.js';
import { useAction } from '../client/use-action.js';
import { announce } from '../parts/announcer.js';
import { ConfirmDialog, Dialog } from '../parts/dialog.js';
import { Icon } from '../parts/icons.js';
import { download } from '../parts/image-url.js';
import { ErrorNotice } from '../parts/notice.js';
import { TRAINING_SCOPES } from '../parts/train-tabs.js';
import { Menu } from '../result/menu.js';
import { Link, navigate } from '../routing/router.js';
import { count, useTexts } from '../texts/training.js';

interface Props {
  readonly dataset: DatasetView;
  readonly onChanged: () => void;
}

/** Classes of which a training can learn: two images to learn from and to be measured by. */
const canTrain = ({ classes }: DatasetView): boolean =>
  classes.filter((one) => one.class !== null && one.items >= 2).length >= 2;

export function DatasetHead({ dataset, onChanged }: Props) {
  const t = useTexts();
  const { id, name, description, items, classes } = dataset;
  const [open, setOpen] = useState<'edit' | 'remove' | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const { busy, error, run } = useAction();
  const named = classes.filter((one) => one.class !== null).length;
  const takeReported = () =>
    run(async () => {
      const { added, repeated } = await addReported(id);
      const sentence = t.datasets.reportedAdded(count(added), count(repeated));
      setSaid(sentence);
      announce(sentence);
      onChanged();
    });
  const remove = () =>
    run(async () => {
      await removeDataset(id);
      navigate('/datasets');
    });
  return (
    <>
      <div class="view-head dataset-head">
        <h1 tabIndex={-1}>{name}</h1>
        <p class="quiet-text">
          {t.datasets.images(count(items))} · {t.datasets.classes(named)}
        </p>
        <div class="head-actions">
          {canTrain(dataset) && (
            <Link class="button primary" href={`/trainings?dataset=${id}`}>
              {t.datasets.train}
            </Link>
          )}
          <Menu label={t.share.more}>
            <button type="button" class="quiet" onClick={() => setOpen('edit')}>
              <Icon name="edit" />
              {t.datasets.edit}
            </button>
            <button
              type="button"
              class="quiet"
              disabled={busy || items === 0}
              onClick={() =>
                run(() => download(`${datasetPath(id)}/export`, `${name}.zip`, 'application/zip'))
              }
            >
              <Icon name="download" />
              {t.datasets.exportZip}
            </button>
            <button type="button" class="quiet" disabled={busy} onClick={takeReported}>
              <Icon name="flag" />
              {t.datasets.addReported}
            </button>
            <button type="button" class="quiet" onClick={() => setOpen('remove')}>
              <Icon name="trash" />
              {t.datasets.remove}
            </button>
          </Menu>
        </div>
        {description && <p class="description">{description}</p>}
      </div>
      {error !== null && <ErrorNotice error={error} scopes={TRAINING_SCOPES} />}
      {said && <p class="notice good">{said}</p>}
      {open === 'edit' && (
        <EditDialog
          dataset={dataset}
          onClose={() => setOpen(null)}
          onSaved={() => {
            setOpen(null);
            onChanged();
          }}
        />
      )}
      {open === 'remove' && (
        <ConfirmDialog
          title={t.datasets.removeAsk(name)}
          help={t.datasets.removeHelp(t.datasets.images(count(items)))}
          confirm={t.datasets.removeConfirm}
          cancel={t.datasets.cancel}
          onClose={() => setOpen(null)}
          onConfirm={() => {
            setOpen(null);
            remove();
          }}
        />
      )}
    </>
  );
}

interface EditProps {
  readonly dataset: DatasetView;
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

function EditDialog({ dataset, onClose, onSaved }: EditProps) {
  const t = useTexts();
  const [name, setName] = useState(dataset.name);
  const [description, setDescription] = useState(dataset.description);
  const { busy, error, run } = useAction();
  const submit = (event: Event) => {
    event.preventDefault();
    run(async () => {
      await changeDataset(dataset.id, { name: name.trim(), description });
      onSaved();
    });
  };
  return (
    <Dialog title={t.datasets.edit} onClose={onClose}>
      <form class="dialog-form" onSubmit={submit}>
        <label class="field">
          <span>{t.datasets.name}</span>
          <input
            required
            maxLength={100}
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span>{t.datasets.description}</span>
          <textarea
            rows={3}
            maxLength={2000}
            value={description}
            onInput={(event) => setDescription(event.currentTarget.value)}
          />
        </label>
        {error !== null && <ErrorNotice error={error} scopes={TRAINING_SCOPES} />}
        <div class="dialog-buttons">
          <button type="button" onClick={onClose}>
            {t.datasets.cancel}
          </button>
          <button type="submit" class="primary" disabled={busy || name.trim() === ''}>
            {t.datasets.save}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
