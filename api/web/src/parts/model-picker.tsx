/** Cards to choose a model from: what it knows, and whether a worker serves it now. */
import type { ModelView } from '../client/models.js';
import { useTexts } from '../texts/index.js';
import { Readiness } from './readiness.js';

interface Props {
  readonly models: readonly ModelView[];
  readonly chosen: string;
  readonly onChoose: (name: string) => void;
}

/** Labels shown before the rest is only counted. */
const SHOWN = 12;

export function ModelPicker({ models, chosen, onChoose }: Props) {
  const t = useTexts();
  const current = models.find((model) => model.name === chosen);
  return (
    <fieldset class="model-picker">
      <legend>{t.predict.model}</legend>
      {models.map((model) => (
        <label key={model.name} class="model-card">
          <input
            type="radio"
            name="model"
            value={model.name}
            checked={model.name === chosen}
            onChange={() => onChoose(model.name)}
          />
          <span class="model-card-body">
            <span class="model-card-head">
              <strong>{model.name}</strong>
              <span class="badge">{t.models.task[model.task] ?? model.task}</span>
              <Readiness ready={model.serving} />
            </span>
            <span class="model-labels">
              {model.labels.slice(0, SHOWN).join(', ')}
              {model.labels.length > SHOWN && ` ${t.models.moreLabels(model.labels.length - SHOWN)}`}
            </span>
          </span>
        </label>
      ))}
      {current && !current.serving && <p class="hint warn-text">{t.predict.notServedHelp}</p>}
      {models.length === 0 && <p class="hint">{t.predict.noModels}</p>}
    </fieldset>
  );
}
