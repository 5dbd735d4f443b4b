/** The images given so far and how far each is. */
import { useState } from 'preact/hooks';
import { predictionPath } from '../client/predictions.js';
import { useValue } from '../state/observable.js';
import { cancel, clear, type Item, items, remove, selected } from '../state/uploads.js';
import { percent, type Texts, useTexts } from '../texts/index.js';
import { Icon } from './icons.js';
import { useImageUrl } from './image-url.js';
import { QueueState } from './queue-state.js';

/** One line about where an item stands. */
export function stateOf(item: Item, t: Texts): string {
  if (item.phase === 'refused') return t.state.refused;
  if (item.phase === 'waiting') return t.state.queued;
  if (!item.prediction) return t.state.uploading(percent(item.progress, 0));
  const { status, output } = item.prediction;
  const best = output?.predictions[0];
  if (status !== 'succeeded' || !output) return t.state[status];
  if (!best) return t.result.objects(0);
  return best.bbox
    ? t.result.objects(output.predictions.length)
    : `${best.class_name} ${percent(best.confidence, 0)}`;
}

type Mark = 'busy' | 'good' | 'bad';

export function markOf(item: Item): Mark {
  if (item.phase === 'refused' || item.error) return 'bad';
  const status = item.prediction?.status;
  if (status === 'succeeded') return 'good';
  return status === undefined || status === 'queued' || status === 'processing' ? 'busy' : 'bad';
}

/** The image as this browser shows it; as the server does where the browser cannot (HEIC, TIFF). */
function Thumb({ item }: { readonly item: Item }) {
  const [broken, setBroken] = useState(false);
  const path = item.prediction && `${predictionPath(item.prediction.prediction_id)}/thumbnail?size=256`;
  const remote = useImageUrl(broken ? path : null);
  const url = broken ? remote.url : item.url;
  return (
    <span class="upload-thumb">
      {url && <img src={url} alt="" width="48" height="48" onError={() => setBroken(true)} />}
    </span>
  );
}

function Row({ item }: { readonly item: Item }) {
  const t = useTexts();
  const current = useValue(selected) === item.key;
  const mark = markOf(item);
  const uploading = item.phase === 'uploading' && !item.prediction;
  return (
    <li class={`upload ${mark}`}>
      <button
        type="button"
        class="upload-main"
        aria-current={current}
        onClick={() => {
          selected.value = item.key;
        }}
      >
        <Thumb item={item} />
        <span class="upload-words">
          <span class="upload-name">{item.name}</span>
          <span class="upload-state">
            {item.prediction?.status === 'queued' ? (
              <QueueState prediction={item.prediction} />
            ) : (
              stateOf(item, t)
            )}
          </span>
        </span>
      </button>
      {uploading && <progress value={item.progress} max={1} aria-label={t.state.uploading('')} />}
      <button
        type="button"
        class="icon-button"
        aria-label={mark === 'busy' ? `${t.predict.cancel}: ${item.name}` : t.predict.remove(item.name)}
        onClick={() => (mark === 'busy' ? void cancel(item.key) : remove(item.key))}
      >
        <Icon name="close" />
      </button>
    </li>
  );
}

export function UploadList() {
  const t = useTexts();
  const all = useValue(items);
  const done = all.filter((item) => markOf(item) !== 'busy').length;
  return (
    <section class="uploads" aria-label={t.predict.list}>
      <header>
        <h2>{t.predict.list}</h2>
        <span class="figures">{t.common.of(String(done), String(all.length))}</span>
        <button type="button" class="quiet" onClick={clear}>
          {t.predict.clear}
        </button>
      </header>
      <ul>
        {all.map((item) => (
          <Row key={item.key} item={item} />
        ))}
      </ul>
    </section>
  );
}
