/** A prediction, whatever its state: the image beside the answer, and everything about both. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { hasEnded } from '../client/predictions.js';
import { Heading } from '../parts/heading.js';
import { lazyPart } from '../parts/lazy.js';
import { outcomeOf } from '../parts/outcome.js';
import { navigate } from '../routing/router.js';
import { useTexts } from '../texts/index.js';
import { type ActionName, Actions } from './actions.js';
import { useContent } from './content.js';
import { Facts } from './facts.js';
import { SeenPart, SeenTool } from './seen.js';
import { Stage, type Steps } from './stage.js';
import { Times } from './times.js';
import { Unanswered } from './unanswered.js';
import { Verdict } from './verdict.js';

const AskAgain = lazyPart(async () => (await import('./ask-again.js')).AskAgain);
const DeleteImages = lazyPart(async () => (await import('../overview/delete-images.js')).DeleteImages);
const FeedbackForm = lazyPart(async () => (await import('./feedback-form.js')).FeedbackForm);

interface Props {
  readonly prediction: PredictionView;
  readonly name: string;
  /** Whether a file of this name lies on this computer. */
  readonly isFile: boolean;
  /** The image as this browser has it, where it was sent from here. */
  readonly localUrl?: string | undefined;
  readonly showOpen: boolean;
  readonly steps?: Steps | undefined;
  /** Called when another answer is to be shown beside this one; null: there is none. */
  readonly onCompare?: (() => void) | null;
}

/** The answer as the tab's title while it is shown. */
function useTitle(text: string): void {
  useEffect(() => {
    const before = document.title;
    document.title = `${text} · Scry`;
    return () => {
      document.title = before;
    };
  }, [text]);
}

const heading = (words: ComponentChildren) => <Heading class="verdict-name">{words}</Heading>;

export function Panel({ prediction, name, isFile, localUrl, showOpen, steps, onCompare = null }: Props) {
  const t = useTexts();
  const [form, setForm] = useState<ActionName | 'saved' | null>(null);
  const { view, shown, seen, onBroken } = useContent(prediction, localUrl);
  const succeeded = prediction.status === 'succeeded';
  useTitle(outcomeOf(prediction, t));
  return (
    <article class="result" aria-label={name}>
      <Stage
        url={shown.image.url}
        name={name}
        image={prediction.image}
        busy={!hasEnded(prediction)}
        onBroken={onBroken}
        steps={steps}
        overlay={(zoom) => (
          <>
            {view.overlay(shown, zoom)}
            <SeenPart seen={seen} />
          </>
        )}
        tools={<SeenTool seen={seen} />}
      />
      <div class="answer">
        {succeeded ? (
          <Verdict view={view} shown={shown} heading={heading} />
        ) : (
          <Unanswered prediction={prediction} heading={heading} />
        )}
        <p class="quiet-text model-line">
          {name} · {prediction.model.name}@{prediction.model.version}
        </p>
        <Actions
          prediction={prediction}
          name={name}
          isFile={isFile}
          state={shown.state}
          showOpen={showOpen}
          onOpen={setForm}
          onCompare={onCompare}
        />
        {form === 'feedback' && (
          <FeedbackForm
            prediction={prediction}
            onSaved={() => setForm('saved')}
            onClose={() => setForm(null)}
          />
        )}
        {form === 'saved' && (
          <p class="notice good" role="status">
            {t.feedback.thanks}
          </p>
        )}
        {form === 'again' && <AskAgain prediction={prediction} name={name} onClose={() => setForm(null)} />}
        {form === 'delete' && (
          <DeleteImages
            ids={[prediction.prediction_id]}
            onDone={() => navigate('/')}
            onClose={() => setForm(null)}
          />
        )}
        {succeeded && view.answer(shown)}
        <div class="small-print">
          {prediction.metrics && <Times metrics={prediction.metrics} />}
          <Facts prediction={prediction} />
        </div>
      </div>
    </article>
  );
}
