/** Chooses a class: one that the data set has, a new one, or none. Enter takes the one that is marked. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Dialog } from '../parts/dialog.js';
import { count, useTexts } from '../texts/training.js';

interface Props {
  /** How many images get it. */
  readonly images: number;
  readonly classes: readonly string[];
  /** What it is about, where that is not seen behind the dialog. */
  readonly preview?: ComponentChildren;
  readonly onChoose: (label: string | null) => void;
  readonly onClose: () => void;
}

export function ClassDialog({ images, classes, preview, onChoose, onClose }: Props) {
  const t = useTexts();
  const [text, setText] = useState('');
  const name = text.trim();
  const matching = classes.filter((one) => one.toLowerCase().includes(name.toLowerCase()));
  const isNew = name !== '' && !classes.includes(name);
  const begins = (one: string) => one.toLowerCase().startsWith(name.toLowerCase());
  const first = classes.includes(name) ? name : (classes.find(begins) ?? name);
  const submit = (event: Event) => {
    event.preventDefault();
    if (name !== '') onChoose(first);
  };
  return (
    <Dialog title={t.datasets.relabelTitle(t.datasets.images(count(images)))} onClose={onClose}>
      {preview}
      <form class="dialog-form" onSubmit={submit}>
        <label class="field">
          <span>{t.datasets.relabelField}</span>
          <input
            maxLength={100}
            autoComplete="off"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <ul class="class-choices">
          {matching.map((one) => (
            <li key={one}>
              <button
                type="button"
                class={name !== '' && one === first ? 'first' : ''}
                onClick={() => onChoose(one)}
              >
                {one}
              </button>
            </li>
          ))}
          {isNew && (
            <li>
              <button type="button" class={first === name ? 'first' : ''} onClick={() => onChoose(name)}>
                {t.datasets.relabelNew(name)}
              </button>
            </li>
          )}
        </ul>
        <div class="dialog-buttons">
          <button type="button" class="quiet" onClick={() => onChoose(null)}>
            {t.datasets.noClass}
          </button>
          <button type="button" onClick={onClose}>
            {t.datasets.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
