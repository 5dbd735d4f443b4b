/** A prediction, whatever its state: the image beside the answer, and everything about both. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Heading } from '../parts/heading.js';
import { outcomeOf } from '../parts/outcome.js';
import { useTexts } from '../texts/index.js';
import { Actions } from './actions.js';
import { useContent } from './content.js';
import { Facts } from './facts.js';
import { type Opened, OpenForm } from './open-form.js';
import { PredictionStage } from './prediction-stage.js';
import type { Steps } from './stage-tools.js';
import { Times } from './times.js';
import { Unanswered } from './unanswered.js';
import { Verdict } from './verdict.js';

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
  const [opened, setOpened] = useState<Opened>(null);
  const content = useContent(prediction, localUrl);
  const { view, shown } = content;
  const succeeded = prediction.status === 'succeeded';
  useTitle(outcomeOf(prediction, t));
  return (
    <article class="result" aria-label={name}>
      <PredictionStage prediction={prediction} name={name} content={content} steps={steps} />
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
          {...{ prediction, name, isFile, showOpen, onCompare }}
          state={shown.state}
          onOpen={setOpened}
        />
        <OpenForm opened={opened} prediction={prediction} name={name} onChange={setOpened} />
        {succeeded && view.answer(shown)}
        <div class="small-print">
          {prediction.metrics && <Times metrics={prediction.metrics} />}
          <Facts prediction={prediction} />
        </div>
      </div>
    </article>
  );
}
