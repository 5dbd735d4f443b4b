/** The form that was opened below an answer's actions; its code comes when it is. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { lazyPart } from '../parts/lazy.js';
import { navigate } from '../routing/router.js';
import { useTexts } from '../texts/index.js';
import type { ActionName } from './actions.js';

const AskAgain = lazyPart(async () => (await import('./ask-again.js')).AskAgain);
const DeleteImages = lazyPart(async () => (await import('../overview/delete-images.js')).DeleteImages);
const FeedbackForm = lazyPart(async () => (await import('./feedback-form.js')).FeedbackForm);

/** "saved": feedback has been sent. */
export type Opened = ActionName | 'saved' | null;

interface Props {
  readonly opened: Opened;
  readonly prediction: PredictionView;
  readonly name: string;
  readonly onChange: (opened: Opened) => void;
}

export function OpenForm({ opened, prediction, name, onChange }: Props) {
  const t = useTexts();
  const onClose = () => onChange(null);
  switch (opened) {
    case 'feedback':
      return <FeedbackForm prediction={prediction} onSaved={() => onChange('saved')} onClose={onClose} />;
    case 'saved':
      return (
        <p class="notice good" role="status">
          {t.feedback.thanks}
        </p>
      );
    case 'again':
      return <AskAgain prediction={prediction} name={name} onClose={onClose} />;
    case 'delete':
      return <DeleteImages ids={[prediction.prediction_id]} onDone={() => navigate('/')} onClose={onClose} />;
    case null:
      return null;
  }
}
