/** The images given so far and how far each is. One stop for the Tab key; arrow keys go from image to image. */
import { useEffect, useRef } from 'preact/hooks';
import { useValue } from '../state/observable.js';
import { againAll, cancel, clear, type Item, items, remove, selected } from '../state/uploads.js';
import { useTexts } from '../texts/index.js';
import { useLeavesFocus } from './heading.js';
import { Icon } from './icons.js';
import { markOf, stateOf } from './item-state.js';
import { QueueState } from './queue-state.js';
import { Thumb } from './thumb.js';

interface RowProps {
  readonly item: Item;
  readonly current: boolean;
}

function Row({ item, current }: RowProps) {
  const t = useTexts();
  const mark = markOf(item);
  const uploading = item.phase === 'uploading';
  return (
    <li class={`upload ${mark}`} data-key={item.key}>
      <button
        type="button"
        class="upload-main"
        aria-current={current}
        tabIndex={current ? 0 : -1}
        onClick={() => {
          selected.value = item.key;
        }}
      >
        <span class="upload-thumb">
          <Thumb item={item} />
        </span>
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
      {uploading && <progress value={item.progress} max={1} aria-label={t.state.uploading('').trim()} />}
      <button
        type="button"
        class="icon-button"
        tabIndex={current ? 0 : -1}
        aria-label={mark === 'busy' ? `${t.predict.cancel}: ${item.name}` : t.predict.remove(item.name)}
        onClick={() => (mark === 'busy' ? void cancel(item.key) : remove(item.key))}
      >
        <Icon name="close" />
      </button>
    </li>
  );
}

const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** The place that a key leads to from another; null: the key is not for moving. */
function placeAfter(key: string, from: number, count: number): number | null {
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  const step = STEPS[key];
  return step === undefined ? null : Math.min(count - 1, Math.max(0, from + step));
}

/** Keeps the focus on the image chosen: moved by arrow keys, and when the focused one was taken off the list. */
function useKeys(all: readonly Item[], current: number | null) {
  const list = useLeavesFocus<HTMLUListElement>();
  const count = useRef(all.length);
  const focusCurrent = () =>
    list.current?.querySelector<HTMLElement>(`[data-key="${selected.value}"] .upload-main`)?.focus();
  useEffect(() => {
    const removed = all.length < count.current;
    count.current = all.length;
    if (!removed || document.activeElement !== document.body) return;
    if (all.length > 0) focusCurrent();
  }, [all.length]);
  const onKeyDown = (event: KeyboardEvent) => {
    const from = all.findIndex(({ key }) => key === current);
    if (event.key === 'Delete' && current !== null) remove(current);
    const place = placeAfter(event.key, from, all.length);
    if (place === null) return;
    event.preventDefault();
    selected.value = all[place]?.key ?? null;
    requestAnimationFrame(focusCurrent);
  };
  return { list, onKeyDown };
}

/** @param onOverview shows all of them at once */
export function UploadList({ onOverview }: { readonly onOverview: () => void }) {
  const t = useTexts();
  const all = useValue(items);
  const current = useValue(selected);
  const { list, onKeyDown } = useKeys(all, current);
  const done = all.filter((item) => markOf(item) !== 'busy').length;
  const refused = all.filter(({ phase, error }) => phase === 'refused' && error?.canPass).length;
  useEffect(() => {
    const row = list.current?.querySelector<HTMLElement>(`[data-key="${current}"]`);
    if (row && list.current) list.current.scrollLeft = row.offsetLeft - list.current.clientWidth / 3;
  }, [current]);
  return (
    <section class="uploads" aria-label={t.predict.list}>
      {all.length > 1 && (
        <header>
          <span class="quiet-text">{t.common.of(String(done), String(all.length))}</span>
          <button type="button" class="quiet" onClick={onOverview}>
            <Icon name="grid" />
            {t.overview.open}
          </button>
          {refused > 0 && (
            <button type="button" onClick={againAll}>
              {t.predict.againAll(refused)}
            </button>
          )}
          <button type="button" class="quiet" onClick={clear}>
            {t.predict.clear}
          </button>
        </header>
      )}
      <ul ref={list} onKeyDown={onKeyDown}>
        {all.map((item) => (
          <Row key={item.key} item={item} current={item.key === current} />
        ))}
      </ul>
    </section>
  );
}
