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

interface LabelProps {
  readonly value: string;
  /** Of the models that the filter lets through. */
  readonly labels: ReadonlySet<string>;
  readonly onChange: (value: string) => void;
}

/** A class by its name, told once typing rests. */
function LabelField({ value, labels, onChange }: LabelProps) {
  const t = useTexts();
  const id = useId();
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => onChange(typed), REST_MS);
    return () => clearTimeout(timer);
  }, [typed, value, onChange]);
  return (
    <label class="field">
      <span>{t.history.label}</span>
      <input
        list={`${id}-labels`}
        placeholder={t.history.anyLabel}
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <datalist id={`${id}-labels`}>
        {[...labels].map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </label>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  /** Values with what they are called. */
  readonly options: readonly (readonly [string, string])[];
  readonly onChange: (value: string) => void;
}

function ChoiceField({ label, value, options, onChange }: ChoiceProps) {
  const t = useTexts();
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">{t.history.all}</option>
        {options.map(([option, name]) => (
          <option key={option} value={option}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

interface DayProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

const DayField = ({ label, value, onChange }: DayProps) => (
  <label class="field">
    <span>{label}</span>
    <input type="date" value={value} onChange={(event) => onChange(event.currentTarget.value)} />
  </label>
);

export function HistoryFilter({ filter, onChange }: Props) {
  const t = useTexts();
  const { models } = useModels();
  const labels = new Set(
    models?.filter(({ name }) => !filter.model || name === filter.model).flatMap((model) => model.labels),
  );
  const set = (name: keyof Filter) => (value: string) => onChange({ ...filter, [name]: value });
  return (
    <form class="filter" onSubmit={(event) => event.preventDefault()}>
      <ChoiceField
        label={t.history.model}
        value={filter.model}
        options={models?.map(({ name }) => [name, name] as const) ?? []}
        onChange={set('model')}
      />
      <ChoiceField
        label={t.history.status}
        value={filter.status}
        options={STATUSES.map((status) => [status, t.state[status]] as const)}
        onChange={set('status')}
      />
      {(filter.status === 'failed' || filter.code !== '') && (
        <ChoiceField
          label={t.errorCode}
          value={filter.code}
          options={Object.entries(t.codes).map(([code, meaning]) => [code, `${code} · ${meaning}`] as const)}
          onChange={set('code')}
        />
      )}
      <LabelField value={filter.label} labels={labels} onChange={set('label')} />
      <DayField label={t.history.since} value={filter.since} onChange={set('since')} />
      <DayField label={t.history.until} value={filter.until} onChange={set('until')} />
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
