/** The settings that most trainings leave as their method has them. */
import { useId } from 'preact/hooks';
import { count, useTexts } from '../texts/training.js';
import { AUGMENTATIONS, type Chosen, changesImages, type Field, fieldsOf, flagsOf } from './settings.js';

interface Props {
  readonly chosen: Chosen;
  readonly onChange: (change: Partial<Chosen>) => void;
}

export function Advanced({ chosen, onChange }: Props) {
  const t = useTexts();
  const { method, fields, augment, flags } = chosen;
  return (
    <details
      class="advanced"
      open={Object.keys(fields).length > 0 || augment.length > 0 ? true : undefined}
      onInvalidCapture={(event) => {
        event.currentTarget.open = true; // else the browser cannot show what is wrong
      }}
    >
      <summary>{t.trainings.advanced}</summary>
      <div class="advanced-fields">
        {fieldsOf(method).map((field) => (
          <SettingField
            key={`${method} ${field.name}`}
            field={field}
            method={method}
            value={fields[field.name] ?? ''}
            onValue={(value) => onChange({ fields: { ...fields, [field.name]: value } })}
          />
        ))}
      </div>
      <div>
        {flagsOf(method).map(({ name, standard }) => (
          <label key={name} class="check">
            <input
              type="checkbox"
              checked={flags[name] ?? standard}
              onChange={({ currentTarget: { checked } }) =>
                onChange({ flags: { ...flags, [name]: checked } })
              }
            />
            {t.trainings.fields[name]}
          </label>
        ))}
      </div>
      {changesImages(method) && (
        <fieldset class="augment">
          <legend>{t.trainings.fields.augment}</legend>
          {AUGMENTATIONS.map((change) => (
            <label key={change} class="check">
              <input
                type="checkbox"
                checked={augment.includes(change)}
                onChange={({ currentTarget: { checked } }) =>
                  onChange({
                    augment: checked ? [...augment, change] : augment.filter((one) => one !== change),
                  })
                }
              />
              {t.trainings.augment[change]}
            </label>
          ))}
        </fieldset>
      )}
    </details>
  );
}

interface FieldProps {
  readonly field: Field;
  readonly method: Chosen['method'];
  readonly value: string;
  readonly onValue: (value: string) => void;
}

function SettingField({ field, method, value, onValue }: FieldProps) {
  const t = useTexts();
  const id = useId();
  const standard = field.standard[method];
  const written = typeof standard === 'number' ? count(standard, 6) : String(standard);
  const placeholder = standard === null ? t.trainings.byMethod : t.trainings.standard(written);
  return (
    <div class="field">
      <label for={id}>{t.trainings.fields[field.name]}</label>
      {field.kind === 'choice' ? (
        <select id={id} value={value} onChange={({ currentTarget }) => onValue(currentTarget.value)}>
          <option value="">{placeholder}</option>
          {field.choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          type="number"
          inputMode="decimal"
          min={field.min}
          max={field.max}
          step={field.step}
          placeholder={placeholder}
          value={value}
          onInput={({ currentTarget }) => onValue(currentTarget.value)}
        />
      )}
    </div>
  );
}
