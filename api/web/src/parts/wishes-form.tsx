/** Settings for the next image; what is left empty is as the model's manifest says. */
import type { ModelView } from '@scry/shared/contracts/model';
import { useId, useState } from 'preact/hooks';
import type { Wishes } from '../client/predictions.js';
import { wishes } from '../state/intake.js';
import { count, useTexts } from '../texts/index.js';
import { Icon } from './icons.js';

interface Props {
  /** What the model can be asked, with what it uses otherwise. */
  readonly parameters: ModelView['parameters'];
}

interface FieldProps {
  readonly label: string;
  /** What the model uses. */
  readonly standard: number | undefined;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly onValue: (value: number | undefined) => void;
}

function NumberField({ label, standard, min, max, step, onValue }: FieldProps) {
  const t = useTexts();
  const help = useId();
  const [invalid, setInvalid] = useState(false);
  const read = (input: HTMLInputElement) => {
    const { valid } = input.validity;
    setInvalid(!valid);
    onValue(valid && input.value !== '' ? input.valueAsNumber : undefined);
  };
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="number"
        inputMode="decimal"
        placeholder={standard === undefined ? undefined : t.predict.asModel(count(standard, 2))}
        aria-invalid={invalid}
        aria-describedby={invalid ? help : undefined}
        min={min}
        max={max}
        step={step}
        onInput={(event) => read(event.currentTarget)}
      />
      {invalid && (
        <small id={help} class="bad-text" role="alert">
          {t.predict.range(count(min), count(max))}
        </small>
      )}
    </label>
  );
}

interface FieldsProps extends Props {
  readonly onSet: (name: keyof Wishes, value: number | undefined) => void;
}

/** A field for each parameter that the model has. */
export function ParameterFields({ parameters, onSet }: FieldsProps) {
  const t = useTexts();
  const set = (name: keyof Wishes) => (value: number | undefined) => onSet(name, value);
  const fraction = { min: 0, max: 1, step: 0.01 };
  return (
    <div class="field-row">
      {'top_k' in parameters && (
        <NumberField
          label={t.predict.topK}
          standard={parameters.top_k}
          min={1}
          max={1000}
          step={1}
          onValue={set('top_k')}
        />
      )}
      <NumberField
        label={t.predict.threshold}
        standard={parameters.threshold}
        {...fraction}
        onValue={set('threshold')}
      />
      {'iou' in parameters && (
        <NumberField label={t.predict.iou} standard={parameters.iou} {...fraction} onValue={set('iou')} />
      )}
    </div>
  );
}

/** Wishes with one of them changed; undefined takes it out. */
export function changed(before: Wishes, name: keyof Wishes, value: number | undefined): Wishes {
  const { [name]: _, ...others } = before;
  return value === undefined ? others : { ...others, [name]: value };
}

export function WishesForm({ parameters }: Props) {
  const t = useTexts();
  return (
    <details class="wishes">
      <summary>
        <Icon name="settings" />
        <span class="button-text">{t.predict.options}</span>
      </summary>
      <ParameterFields
        parameters={parameters}
        onSet={(name, value) => {
          wishes.value = changed(wishes.value, name, value);
        }}
      />
    </details>
  );
}
