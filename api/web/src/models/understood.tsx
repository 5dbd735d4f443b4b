/** What was understood of a model's files, with the reason for each guess, and settings for what is usually guessed wrong. */
import { useId, useState } from 'preact/hooks';
import type { VersionView } from '../client/versions.js';
import { useLeavesFocus } from '../parts/heading.js';
import { type Texts, useTexts } from '../texts/models.js';
import type { Draft } from './draft.js';
import {
  CHANNELS,
  FIELDS_OF,
  linesOf,
  manifestChange,
  NUMBERS,
  RESAMPLES,
  RESIZES,
  type Setting,
  type Settings,
  settingsOf,
} from './revision.js';

interface Props {
  readonly draft: Draft;
  readonly version: VersionView;
}

export function Understood({ draft, version }: Props) {
  const t = useTexts();
  const ids = useId();
  const form = useLeavesFocus<HTMLFormElement>();
  const rejected = version.state === 'rejected';
  const before = settingsOf(version.manifest);
  const [settings, setSettings] = useState<Settings>(before);
  const change = manifestChange(before, settings);
  const changed = (Object.keys(before) as Setting[]).filter((field) => before[field] !== settings[field]);
  const set = (field: Setting, value: string) => setSettings({ ...settings, [field]: value });
  const submit = (event: Event) => {
    event.preventDefault();
    draft.change(
      change,
      changed.flatMap((field) => FIELDS_OF[field]),
      t.addModel.byYou,
    );
  };
  return (
    <form class="panel understood" ref={form} onSubmit={submit}>
      <h2>{rejected ? t.addModel.settings : t.addModel.understood}</h2>
      <p class="quiet-text">{rejected ? t.addModel.rejectedHelp : t.addModel.understoodHelp}</p>
      <dl>
        {factsOf(version, t).map(({ name, value, field }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {value}
              <Reason reasons={draft.reasons} fields={[field]} />
            </dd>
          </div>
        ))}
      </dl>
      <div class="settings">
        {(['labels', 'channels', 'numbers', 'resample', 'resize', 'crop', 'threshold'] as const)
          .filter((field) => field !== 'crop' || settings.resize === 'cover')
          .map((field) => (
            <div key={field} class={`setting field of-${field}`}>
              <label htmlFor={`${ids}-${field}`}>{t.addModel.fields[field]}</label>
              <Control
                id={`${ids}-${field}`}
                field={field}
                settings={settings}
                onChange={(value) => set(field, value)}
              />
              {!rejected && <Reason reasons={draft.reasons} fields={FIELDS_OF[field]} />}
            </div>
          ))}
      </div>
      <div class="buttons">
        <button type="submit" disabled={Object.keys(change).length === 0}>
          {t.addModel.again}
        </button>
        <button type="button" class="quiet" onClick={draft.stop}>
          {t.addModel.other}
        </button>
        {version.labels.length === 0 && (
          <button type="button" class="quiet danger" onClick={draft.discard}>
            {t.addModel.discard}
          </button>
        )}
      </div>
    </form>
  );
}

interface Fact {
  readonly name: string;
  readonly value: string;
  /** Its path in the manifest. */
  readonly field: string;
}

/** What nobody needs to change, for it is right or the model is rejected. */
function factsOf({ manifest, task }: VersionView, t: Texts): Fact[] {
  const { fields } = t.addModel;
  const input = (manifest.input ?? {}) as { width?: number; height?: number };
  const output = (manifest.output ?? {}) as { format?: string };
  const facts: (Fact | null)[] = [
    task && { name: fields.task, value: t.models.task[task] ?? task, field: 'task' },
    typeof manifest.file === 'string' ? { name: fields.file, value: manifest.file, field: 'file' } : null,
    input.width
      ? { name: fields.size, value: `${input.width} × ${input.height}`, field: 'input.width' }
      : null,
    output.format ? { name: fields.format, value: output.format, field: 'output.format' } : null,
  ];
  return facts.filter((fact) => fact !== null);
}

function Reason({
  reasons,
  fields,
}: {
  readonly reasons: ReadonlyMap<string, string>;
  readonly fields: readonly string[];
}) {
  const t = useTexts();
  const found = [...new Set(fields.flatMap((field) => reasons.get(field) ?? []))];
  if (found.length === 0) return <span class="reason">{t.addModel.given}</span>;
  const guess = found.some((one) => one.startsWith('a guess'));
  const byPerson = found.includes(t.addModel.byYou);
  return (
    <span class={`reason found${guess ? ' guess' : ''}`} lang={byPerson ? undefined : 'en'}>
      {found.join('; ')}
    </span>
  );
}

interface ControlProps {
  readonly id: string;
  readonly field: Setting;
  readonly settings: Settings;
  readonly onChange: (value: string) => void;
}

function Control({ id, field, settings, onChange }: ControlProps) {
  const t = useTexts();
  const value = settings[field];
  if (field === 'labels')
    return (
      <>
        <textarea
          id={id}
          rows={Math.min(8, Math.max(2, linesOf(value).length))}
          spellcheck={false}
          value={value}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
        <small>{t.addModel.labelsHelp(linesOf(value).length)}</small>
      </>
    );
  const choices = choicesOf(field, t);
  if (!choices) {
    const most = field === 'threshold' ? '1' : '8192';
    return (
      <>
        <input
          id={id}
          type="number"
          min="0"
          max={most}
          step="any"
          value={value}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
        {field === 'crop' && <small>{t.addModel.cropHelp}</small>}
      </>
    );
  }
  return (
    <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
      {field === 'numbers' && value === 'asFound' && (
        <option value="asFound">{t.addModel.numbers.asFound}</option>
      )}
      {choices.map(([name, text]) => (
        <option key={name} value={name}>
          {text}
        </option>
      ))}
    </select>
  );
}

/** The values of a field that has few, with their words; null: any. */
function choicesOf(field: Setting, t: Texts): (readonly [string, string])[] | null {
  const { channels, numbers, resample, resize } = t.addModel;
  switch (field) {
    case 'channels':
      return CHANNELS.map((name) => [name, channels[name]]);
    case 'numbers':
      return NUMBERS.map((name) => [name, numbers[name]]);
    case 'resample':
      return RESAMPLES.map((name) => [name, resample[name]]);
    case 'resize':
      return RESIZES.map((name) => [name, resize[name]]);
    default:
      return null;
  }
}
