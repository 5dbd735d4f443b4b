/** "Report a mistake": the correct label, from the model's or in one's own words, and a comment. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { postJson } from '../client/http.js';
import { useModels } from '../client/models.js';
import { predictionPath } from '../client/predictions.js';
import { ErrorNotice } from '../parts/notice.js';
import { useTexts } from '../texts/index.js';

interface Props {
  readonly prediction: PredictionView;
  readonly onSaved: () => void;
  readonly onClose: () => void;
}

export function FeedbackForm({ prediction, onSaved, onClose }: Props) {
  const t = useTexts();
  const { models } = useModels();
  const [label, setLabel] = useState('');
  const [comment, setComment] = useState('');
  const [state, setState] = useState<'open' | 'sending'>('open');
  const [error, setError] = useState<unknown>(null);
  const first = useRef<HTMLInputElement>(null);
  const ids = useId();
  useEffect(() => first.current?.focus(), []);
  const labels = models?.find((model) => model.name === prediction.model.name)?.labels ?? [];
  const submit = async (event: Event) => {
    event.preventDefault();
    setState('sending');
    try {
      await postJson(`${predictionPath(prediction.prediction_id)}/feedback`, {
        ...(label.trim() === '' ? {} : { label: label.trim() }),
        ...(comment.trim() === '' ? {} : { comment: comment.trim() }),
      });
      onSaved();
    } catch (failure) {
      setError(failure);
      setState('open');
    }
  };
  return (
    <form class="feedback" onSubmit={(event) => void submit(event)}>
      <h2>{t.feedback.title}</h2>
      <label class="field">
        <span>{t.feedback.label}</span>
        <input
          ref={first}
          list={`${ids}-labels`}
          maxLength={200}
          value={label}
          required={comment.trim() === ''}
          aria-describedby={`${ids}-help`}
          onInput={(event) => setLabel(event.currentTarget.value)}
        />
        <datalist id={`${ids}-labels`}>
          {labels.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <small id={`${ids}-help`}>{t.feedback.labelHelp}</small>
      </label>
      <label class="field">
        <span>{t.feedback.comment}</span>
        <textarea
          rows={2}
          maxLength={1000}
          value={comment}
          onInput={(event) => setComment(event.currentTarget.value)}
        />
      </label>
      {error !== null && <ErrorNotice error={error} />}
      <div class="field-row">
        <button type="submit" class="primary" disabled={state === 'sending'}>
          {t.feedback.send}
        </button>
        <button type="button" class="quiet" onClick={onClose}>
          {t.feedback.cancel}
        </button>
      </div>
    </form>
  );
}
