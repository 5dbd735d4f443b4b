/** One image of a data set, as large as the window allows, and what is known of it. */
import { useEffect, useState } from 'preact/hooks';
import { type ItemView, itemPath } from '../client/datasets.js';
import { Dialog } from '../parts/dialog.js';
import { useImageUrl } from '../parts/image-url.js';
import { bytes, useTexts } from '../texts/training.js';

interface Props {
  readonly dataset: string;
  /** Those that the arrow keys lead through. */
  readonly items: readonly ItemView[];
  readonly shown: string;
  readonly onShow: (id: string) => void;
  readonly onClose: () => void;
}

export function ItemDialog({ dataset, items, shown, onShow, onClose }: Props) {
  const t = useTexts();
  const at = items.findIndex(({ id }) => id === shown);
  const item = items[at];
  const step = (by: number) => {
    const next = items[at + by];
    if (next) onShow(next.id);
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'ArrowLeft') step(-1);
      else if (event.key === 'ArrowRight') step(1);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  });
  if (!item) return null;
  const { image, file_name, class: label, split, source } = item;
  return (
    <Dialog title={file_name ?? t.datasets.grid} onClose={onClose} wide>
      <Large key={item.id} dataset={dataset} item={item} />
      <dl class="item-facts">
        <div>
          <dt>{t.datasets.filter.class}</dt>
          <dd>{label ?? t.datasets.noClass}</dd>
        </div>
        <div>
          <dt>{t.datasets.filter.split}</dt>
          <dd>{t.datasets.split[split ?? 'none']}</dd>
        </div>
        <div>
          <dt>{t.datasets.filter.source}</dt>
          <dd>{t.datasets.source[source]}</dd>
        </div>
        <div>
          <dt>{t.datasets.size}</dt>
          <dd>
            {image.width} × {image.height}, {bytes(image.bytes)}
          </dd>
        </div>
      </dl>
      <div class="dialog-buttons">
        <button type="button" disabled={at <= 0} onClick={() => step(-1)}>
          {t.datasets.previous}
        </button>
        <button type="button" disabled={at >= items.length - 1} onClick={() => step(1)}>
          {t.datasets.next}
        </button>
        <button type="button" class="primary" onClick={onClose}>
          {t.datasets.close}
        </button>
      </div>
    </Dialog>
  );
}

/** The image as it was added; the server's smaller copy where the browser cannot read it. */
function Large({ dataset, item }: { readonly dataset: string; readonly item: ItemView }) {
  const [broken, setBroken] = useState(false);
  const image = useImageUrl(`${itemPath(dataset, item.id)}/${broken ? 'thumbnail' : 'image'}`);
  return (
    <div class="item-large">
      {image.url && <img src={image.url} alt={item.file_name ?? ''} onError={() => setBroken(true)} />}
    </div>
  );
}
