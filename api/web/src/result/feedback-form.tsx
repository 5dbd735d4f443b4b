/** "Report a mistake": the correct label, from the model's or in one's own words, and a comment. */
import type { BoxFeedback } from '@scry/shared/contracts/feedback';
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { postJson } from '../client/http.js';
import { useModels } from '../client/models.js';
import { predictionPath } from '../client/predictions.js';
import { ErrorNotice } from '../parts/notice.js';
import { useTexts } from '../texts/index.js';
import { BoxMarks, boxesOf } from './box-marks.js';

interface Props {
  readonly prediction: PredictionView;
  readonly onSaved: () => void;
  readonly onClose: () => void;
}

/** Sends what was entered. @returns whether it is on its way, why it failed, and what starts it */
function useSending(prediction: PredictionView, onSaved: () => void) {
  const [sending, setSending] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const send = async (said: Readonly<Record<string, string>>, boxes: readonly BoxFeedback[]) => {
    setSending(true);
    const given = Object.entries(said).flatMap(([name, text]) => (text.trim() ? [[name, text.trim()]] : []));
    try {
      await postJson(`${predictionPath(prediction.prediction_id)}/feedback`, {
        ...Object.fromEntries(given),
        ...(boxes.length > 0 && { boxes }),
      });
      onSaved();
    } catch (failure) {
      setError(failure);
      setSending(false);
    }
  };
  return { sending, error, send };
}

interface LabelProps {
  /** Of the model. */
  readonly labels: readonly string[];
  readonly value: string;
  readonly required: boolean;
  readonly onValue: (value: string) => void;
}

function LabelField({ labels, value, required, onValue }: LabelProps) {
  const t = useTexts();
  const ids = useId();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <label class="field">
      <span>{t.feedback.label}</span>
      <input
        ref={field}
        list={`${ids}-labels`}
        maxLength={200}
        value={value}
        required={required}
        aria-describedby={`${ids}-help`}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
      <datalist id={`${ids}-labels`}>
        {labels.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <small id={`${ids}-help`}>{t.feedback.labelHelp}</small>
    </label>
  );
}

export function FeedbackForm({ prediction, onSaved, onClose }: Props) {
  const t = useTexts();
  const { models } = useModels();
  const [label, setLabel] = useState('');
  const [comment, setComment] = useState('');
  const [marks, setMarks] = useState<ReadonlyMap<number, string>>(new Map());
  const labels = models?.find(({ name }) => name === prediction.model.name)?.labels ?? [];
  const answers = prediction.output?.predictions ?? [];
  const { sending, error, send } = useSending(prediction, onSaved);
  const submit = (event: Event) => {
    event.preventDefault();
    void send({ label, comment }, boxesOf(marks));
  };
  return (
    <form class="card feedback" onSubmit={submit}>
      <h2>{t.feedback.title}</h2>
      <LabelField
        labels={labels}
        value={label}
        required={comment.trim() === '' && boxesOf(marks).length === 0}
        onValue={setLabel}
      />
      {answers.some(({ bbox }) => bbox) && (
        <BoxMarks
          answers={answers}
          labels={labels}
          marks={marks}
          onMark={(index, mark) => setMarks(new Map([...marks, [index, mark]]))}
        />
      )}
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
        <button type="submit" class="primary" disabled={sending}>
          {t.feedback.send}
        </button>
        <button type="button" class="quiet" onClick={onClose}>
          {t.feedback.cancel}
        </button>
      </div>
    </form>
  );
}
