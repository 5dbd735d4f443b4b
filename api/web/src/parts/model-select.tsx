/** The model for the next image as one row. */
import type { ModelView } from '../client/models.js';
import { useTexts } from '../texts/index.js';

interface Props {
  readonly models: readonly ModelView[];
  readonly chosen: string;
  readonly onChoose: (name: string) => void;
}

export function ModelSelect({ models, chosen, onChoose }: Props) {
  const t = useTexts();
  return (
    <label class="model-select">
      <span>{t.predict.model}</span>
      <select value={chosen} onChange={(event) => onChoose(event.currentTarget.value)}>
        {models.map(({ name, serving }) => (
          <option key={name} value={name}>
            {serving ? name : `${name} (${t.predict.notServed})`}
          </option>
        ))}
      </select>
    </label>
  );
}
