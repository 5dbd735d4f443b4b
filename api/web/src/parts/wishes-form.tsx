/** Settings for the next image; what is left empty is as the model's manifest says. */
import type { ModelView } from '@scry/shared/contracts/model';
import type { Wishes } from '../client/predictions.js';
import { useTexts } from '../texts/index.js';

interface Props {
  /** What the model can be asked, with what it uses otherwise. */
  readonly parameters: ModelView['parameters'];
  readonly wishes: Wishes;
  readonly onChange: (wishes: Wishes) => void;
}

interface FieldProps {
  readonly label: string;
  readonly value: number | undefined;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly onValue: (value: number | undefined) => void;
}

function NumberField({ label, value, min, max, step, onValue }: FieldProps) {
  const t = useTexts();
  const read = (input: HTMLInputElement) => {
    if (input.value === '') onValue(undefined);
    else if (input.validity.valid) onValue(input.valueAsNumber);
  };
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="number"
        inputMode="decimal"
        placeholder={t.predict.asModel}
        value={value ?? ''}
        min={min}
        max={max}
        step={step}
        onInput={(event) => read(event.currentTarget)}
      />
    </label>
  );
}

export function WishesForm({ parameters, wishes, onChange }: Props) {
  const t = useTexts();
  const set = (name: keyof Wishes) => (value: number | undefined) => {
    const { [name]: _, ...others } = wishes;
    onChange(value === undefined ? others : { ...others, [name]: value });
  };
  const fraction = { min: 0, max: 1, step: 0.01 };
  return (
    <details class="wishes">
      <summary>{t.predict.options}</summary>
      <div class="field-row">
        {'top_k' in parameters && (
          <NumberField
            label={t.predict.topK}
            value={wishes.top_k}
            min={1}
            max={1000}
            step={1}
            onValue={set('top_k')}
          />
        )}
        <NumberField
          label={t.predict.threshold}
          value={wishes.threshold}
          {...fraction}
          onValue={set('threshold')}
        />
        {'iou' in parameters && (
          <NumberField label={t.predict.iou} value={wishes.iou} {...fraction} onValue={set('iou')} />
        )}
      </div>
    </details>
  );
}
