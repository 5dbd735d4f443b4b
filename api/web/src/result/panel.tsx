/** A prediction, whatever its state: the image beside the answer, and everything about both. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { useEffect, useState } from 'preact/hooks';
import { useModels } from '../client/models.js';
import { hasEnded, predictionPath } from '../client/predictions.js';
import { Heading } from '../parts/heading.js';
import { useImageUrl } from '../parts/image-url.js';
import { outcomeOf } from '../parts/outcome.js';
import { QueueState } from '../parts/queue-state.js';
import { useTexts } from '../texts/index.js';
import { Actions } from './actions.js';
import { useDetection } from './detection-state.js';
import { Facts } from './facts.js';
import { FeedbackForm } from './feedback-form.js';
import { Stage } from './stage.js';
import { Times } from './times.js';
import { type Shown, type TaskView, viewOf } from './views.js';

interface Props {
  readonly prediction: PredictionView;
  readonly name: string;
  /** Whether a file of this name lies on this computer. */
  readonly isFile: boolean;
  /** The image as this browser has it, where it was sent from here. */
  readonly localUrl?: string | undefined;
  readonly showOpen: boolean;
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

/** Wide enough for a desk's screen; far smaller than what cameras make. */
const PREVIEW_SIZE = 1600;

function useShownImage(prediction: PredictionView, localUrl: string | undefined) {
  const [localBroken, setLocalBroken] = useState(false);
  const [remoteBroken, setRemoteBroken] = useState(false);
  const local = localBroken ? undefined : localUrl;
  const path = `${predictionPath(prediction.prediction_id)}/thumbnail?size=${PREVIEW_SIZE}`;
  const remote = useImageUrl(local ? null : path);
  // A HEIC or TIFF is shown from the server's copy, which browsers can read.
  const onBroken = () => (local ? setLocalBroken(true) : setRemoteBroken(true));
  return { url: local ?? (remoteBroken ? null : remote.url), onBroken };
}

export function Panel({ prediction, name, isFile, localUrl, showOpen }: Props) {
  const t = useTexts();
  const [feedback, setFeedback] = useState<'none' | 'open' | 'saved'>('none');
  const { image, output, status } = prediction;
  const answers = output?.predictions ?? NO_ANSWERS;
  const detection = useDetection(answers);
  const ownModel = useModels().models?.find(({ name: other }) => other === prediction.model.name);
  const shown = useShownImage(prediction, localUrl);
  const view = viewOf(prediction.model.task);
  useTitle(outcomeOf(prediction, t));
  const content = {
    answers,
    most: prediction.parameters.max_detections ?? ownModel?.parameters.max_detections ?? null,
    state: detection,
    image: { url: shown.url, width: image.width, height: image.height },
  };
  return (
    <article class="result" aria-label={name}>
      <Stage url={shown.url} name={name} image={image} busy={!hasEnded(prediction)} onBroken={shown.onBroken}>
        {view.overlay(content)}
      </Stage>
      <div class="answer">
        {status === 'succeeded' ? (
          <Verdict view={view} content={content} />
        ) : (
          <Unanswered prediction={prediction} />
        )}
        <p class="quiet-text model-line">
          {name} · {prediction.model.name}@{prediction.model.version}
        </p>
        <Actions
          prediction={prediction}
          name={name}
          isFile={isFile}
          state={detection}
          showOpen={showOpen}
          onWrong={status === 'succeeded' && feedback === 'none' ? () => setFeedback('open') : null}
        />
        {feedback === 'open' && (
          <FeedbackForm
            prediction={prediction}
            onSaved={() => setFeedback('saved')}
            onClose={() => setFeedback('none')}
          />
        )}
        {feedback === 'saved' && (
          <p class="notice good" role="status">
            {t.feedback.thanks}
          </p>
        )}
        {status === 'succeeded' && view.answer(content)}
        <div class="small-print">
          {prediction.metrics && <Times metrics={prediction.metrics} />}
          <Facts prediction={prediction} />
        </div>
      </div>
    </article>
  );
}

/** The answer as the page's heading. */
function Verdict({ view, content }: { readonly view: TaskView; readonly content: Shown }) {
  const t = useTexts();
  const nothing = content.answers.length === 0;
  return (
    <div class="verdict">
      <Heading class="verdict-name">{nothing ? t.result.nothing : view.heading(content, t)}</Heading>
      {nothing ? <p class="quiet-text">{t.result.nothingHelp}</p> : view.beside?.(content)}
    </div>
  );
}

const NO_ANSWERS: readonly never[] = [];

function Unanswered({ prediction }: { readonly prediction: PredictionView }) {
  const t = useTexts();
  const { status, error } = prediction;
  if (status === 'queued' || status === 'processing') {
    return (
      <Heading class="verdict-name">
        <QueueState prediction={prediction} /> …
      </Heading>
    );
  }
  const help = { canceled: t.result.canceledHelp, expired: t.result.expiredHelp };
  return (
    <div class="notice bad" role="alert">
      <Heading class="verdict-name">{t.state[status]}</Heading>
      {status !== 'failed' && <p>{help[status as keyof typeof help]}</p>}
      {status === 'failed' && error && (
        <>
          <p>{t.operations.codes[error.code] ?? t.operations.codes[500]}</p>
          <p lang="en">{error.message}</p>
          <p class="quiet-text">{t.result.code(error.code)}</p>
        </>
      )}
    </div>
  );
}
