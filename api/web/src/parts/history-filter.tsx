/** Which predictions the history shows. */
import type { Status } from '@scry/shared/contracts/prediction';
import { useEffect, useId, useState } from 'preact/hooks';
import { useModels } from '../client/models.js';
import { useTexts } from '../texts/index.js';
import { addressOf, type Filter, NO_FILTER } from './filter.js';

const STATUSES: readonly Status[] = ['queued', 'processing', 'succeeded', 'failed', 'canceled', 'expired'];

/** How long typing rests before the list is asked for again, milliseconds. */
const REST_MS = 350;

interface Props {
  readonly filter: Filter;
  readonly onChange: (filter: Filter) => void;
}

export function HistoryFilter({ filter, onChange }: Props) {
  const t = useTexts();
  const { models } = useModels();
  const [label, setLabel] = useState(filter.label);
  const id = useId();
  useEffect(() => setLabel(filter.label), [filter.label]);
  useEffect(() => {
    if (label === filter.label) return;
    const timer = setTimeout(() => onChange({ ...filter, label }), REST_MS);
    return () => clearTimeout(timer);
  }, [label, filter, onChange]);
  const labels = new Set(
    models?.filter(({ name }) => !filter.model || name === filter.model).flatMap((model) => model.labels),
  );
  const set = (name: keyof Filter) => (event: { currentTarget: HTMLInputElement | HTMLSelectElement }) =>
    onChange({ ...filter, [name]: event.currentTarget.value });
  return (
    <form class="filter" onSubmit={(event) => event.preventDefault()}>
      <label class="field">
        <span>{t.history.model}</span>
        <select value={filter.model} onChange={set('model')}>
          <option value="">{t.history.all}</option>
          {models?.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>{t.history.status}</span>
        <select value={filter.status} onChange={set('status')}>
          <option value="">{t.history.all}</option>
          {STATUSES.map((status) => (
            <option key={status} value={status}>
              {t.state[status]}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>{t.history.label}</span>
        <input
          list={`${id}-labels`}
          placeholder={t.history.anyLabel}
          value={label}
          onInput={(event) => setLabel(event.currentTarget.value)}
        />
        <datalist id={`${id}-labels`}>
          {[...labels].map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </label>
      {(filter.status === 'failed' || filter.code !== '') && (
        <label class="field">
          <span>{t.errorCode}</span>
          <select value={filter.code} onChange={set('code')}>
            <option value="">{t.history.all}</option>
            {Object.entries(t.codes).map(([code, meaning]) => (
              <option key={code} value={code}>
                {code} · {meaning}
              </option>
            ))}
          </select>
        </label>
      )}
      <label class="field">
        <span>{t.history.since}</span>
        <input type="date" value={filter.since} onChange={set('since')} />
      </label>
      <label class="field">
        <span>{t.history.until}</span>
        <input type="date" value={filter.until} onChange={set('until')} />
      </label>
      <button
        type="button"
        class="quiet"
        disabled={addressOf(filter) === ''}
        onClick={() => onChange(NO_FILTER)}
      >
        {t.history.reset}
      </button>
    </form>
  );
}
