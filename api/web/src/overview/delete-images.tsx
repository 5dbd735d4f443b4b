/** Deletes predictions with their images on the server, after asking. */
import { useState } from 'preact/hooks';
import { sentenceFor } from '../client/failure.js';
import { RequestFailed, request } from '../client/http.js';
import { predictionPath } from '../client/predictions.js';
import { ConfirmDialog, Dialog } from '../parts/dialog.js';
import { items, remove } from '../state/uploads.js';
import { useTexts } from '../texts/index.js';

/** @throws RequestFailed; what is gone already is as good as deleted */
async function deleteOne(id: string): Promise<void> {
  try {
    await request(predictionPath(id), { method: 'DELETE' });
  } catch (error) {
    if (!(error instanceof RequestFailed && error.status === 404)) throw error;
  }
  for (const item of items.value) if (item.id === id) remove(item.key);
}

interface Props {
  readonly ids: readonly string[];
  readonly onDone: () => void;
  readonly onClose: () => void;
}

export function DeleteImages({ ids, onDone, onClose }: Props) {
  const t = useTexts();
  const [done, setDone] = useState<number | null>(null);
  const [error, setError] = useState<unknown>(null);
  const deleteAll = async () => {
    setError(null);
    try {
      for (const [index, id] of ids.entries()) {
        setDone(index);
        await deleteOne(id);
      }
      onDone();
    } catch (failure) {
      setDone(null);
      setError(failure);
    }
  };
  if (done !== null)
    return (
      <Dialog title={t.overview.deleteTitle(ids.length)} onClose={onClose}>
        <p role="status">{t.overview.deleting(t.common.of(String(done), String(ids.length)))}</p>
      </Dialog>
    );
  return (
    <ConfirmDialog
      title={t.overview.deleteTitle(ids.length)}
      help={error === null ? t.overview.deleteHelp : sentenceFor(error, t)}
      confirm={t.overview.delete}
      cancel={t.predict.cancel}
      onConfirm={() => void deleteAll()}
      onClose={onClose}
    />
  );
}
