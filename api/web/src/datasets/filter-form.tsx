/** Which images of a data set are shown: a chip per class, and fields for the rest. */

import { useEffect, useState } from 'preact/hooks';
import type { DatasetView } from '../client/datasets.js';
import { count, useTexts } from '../texts/training.js';
import { type ItemFilter, itemAddressOf, NO_ITEM_FILTER } from './item-filter.js';
import { ITEM_SOURCES, SPLITS } from './words.js';

interface Props {
  readonly dataset: DatasetView;
  readonly filter: ItemFilter;
  readonly onChange: (filter: ItemFilter) => void;
}

/** How long typing rests before the list is asked for again, milliseconds. */
const REST_MS = 350;

export function FilterForm({ dataset, filter, onChange }: Props) {
  const t = useTexts();
  const words = t.datasets.filter;
  const [text, setText] = useState(filter.text ?? '');
  useEffect(() => setText(filter.text ?? ''), [filter.text]);
  useEffect(() => {
    if (text.trim() === (filter.text ?? '')) return;
    const timer = setTimeout(() => onChange({ ...filter, text: text.trim() || null }), REST_MS);
    return () => clearTimeout(timer);
  }, [text, filter, onChange]);
  const chip = (value: string | null, name: string, items: number) => (
    <button
      key={value ?? ' all'}
      type="button"
      class="class-chip"
      aria-pressed={filter.class === value}
      onClick={() => onChange({ ...filter, class: value })}
    >
      {name} <span class="figures">{count(items)}</span>
    </button>
  );
  return (
    <form class="item-filter" onSubmit={(event) => event.preventDefault()}>
      <fieldset class="class-chips" aria-label={words.class}>
        {chip(null, t.datasets.all, dataset.items)}
        {dataset.classes.map((one) => chip(one.class ?? '', one.class ?? t.datasets.noClass, one.items))}
      </fieldset>
      <div class="field-row">
        <label class="field">
          <span>{words.split}</span>
          <select
            value={filter.split ?? 'any'}
            onChange={({ currentTarget: { value } }) =>
              onChange({ ...filter, split: value === 'any' ? null : value })
            }
          >
            <option value="any">{words.any}</option>
            <option value="">{t.datasets.split.none}</option>
            {SPLITS.map((split) => (
              <option key={split} value={split}>
                {t.datasets.split[split]}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>{words.source}</span>
          <select
            value={filter.source ?? ''}
            onChange={({ currentTarget: { value } }) => onChange({ ...filter, source: value || null })}
          >
            <option value="">{words.any}</option>
            {ITEM_SOURCES.map((source) => (
              <option key={source} value={source}>
                {t.datasets.source[source]}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>{words.text}</span>
          <input
            type="search"
            maxLength={100}
            placeholder={words.textPlaceholder}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <button
          type="button"
          class="quiet"
          disabled={itemAddressOf(filter) === ''}
          onClick={() => onChange(NO_ITEM_FILTER)}
        >
          {words.reset}
        </button>
      </div>
    </form>
  );
}
