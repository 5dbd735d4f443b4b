/** "Ask again": the same image, which the server has, with another model, version or settings. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { useEffect, useRef, useState } from 'preact/hooks';
import { isPublished, type ModelView, useModels } from '../client/models.js';
import type { Wishes } from '../client/predictions.js';
import { changed, ParameterFields } from '../parts/wishes-form.js';
import { navigate } from '../routing/router.js';
import { compareWith } from '../state/comparison.js';
import { addFrom, items } from '../state/uploads.js';
import { useTexts } from '../texts/index.js';

interface Props {
  readonly prediction: PredictionView;
  readonly name: string;
  readonly onClose: () => void;
}

interface ChoiceProps {
  readonly models: readonly ModelView[];
  readonly model: string;
  readonly version: string;
  readonly onModel: (name: string) => void;
  readonly onVersion: (version: string) => void;
}

function ModelChoice({ models, model, version, onModel, onVersion }: ChoiceProps) {
  const t = useTexts();
  const first = useRef<HTMLSelectElement>(null);
  useEffect(() => first.current?.focus(), []);
  const versions = models.find(({ name }) => name === model)?.versions ?? [];
  return (
    <div class="field-row">
      <label class="field">
        <span>{t.predict.model}</span>
        <select ref={first} value={model} onChange={(event) => onModel(event.currentTarget.value)}>
          {models.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      {versions.length > 1 && (
        <label class="field">
          <span>{t.models.version}</span>
          <select value={version} onChange={(event) => onVersion(event.currentTarget.value)}>
            <option value="">{t.askAgain.current}</option>
            {versions.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}

export function AskAgain({ prediction, name, onClose }: Props) {
  const t = useTexts();
  const models = (useModels().models ?? []).filter(isPublished);
  const [model, setModel] = useState(prediction.model.name);
  const [version, setVersion] = useState('');
  const [wishes, setWishes] = useState<Wishes>({});
  const parameters = models.find((one) => one.name === model)?.parameters ?? {};
  const choose = (chosen: string) => {
    setModel(chosen);
    setVersion('');
    setWishes({});
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const from = prediction.prediction_id;
    addFrom(from, name, version === '' ? model : `${model}@${version}`, wishes);
    const [added] = items.value;
    if (added) compareWith(added.key, from);
    onClose();
    navigate('/');
  };
  return (
    <form class="card" onSubmit={submit}>
      <h2>{t.askAgain.title}</h2>
      <ModelChoice {...{ models, model, version }} onModel={choose} onVersion={setVersion} />
      <ParameterFields
        key={model}
        parameters={parameters}
        onSet={(field, value) => setWishes((before) => changed(before, field, value))}
      />
      <div class="field-row">
        <button type="submit" class="primary">
          {t.askAgain.send}
        </button>
        <button type="button" class="quiet" onClick={onClose}>
          {t.feedback.cancel}
        </button>
      </div>
    </form>
  );
}
