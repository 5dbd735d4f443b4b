/** An image without a prediction yet: on its way, or why it was not accepted. */
import { sentenceFor } from '../client/failure.js';
import { Heading } from '../parts/heading.js';
import { stateOf } from '../parts/item-state.js';
import { ErrorNotice } from '../parts/notice.js';
import { again, type Item } from '../state/uploads.js';
import { useTexts } from '../texts/index.js';
import { Stage } from './stage.js';
import type { Steps } from './stage-tools.js';

interface Props {
  readonly item: Item;
  readonly steps: Steps;
}

export function Unsent({ item, steps }: Props) {
  const t = useTexts();
  const { error, phase } = item;
  return (
    <article class="result" aria-label={item.name}>
      <Stage
        url={item.url}
        name={item.name}
        image={null}
        busy={phase !== 'refused'}
        onBroken={() => {}}
        steps={steps}
      />
      <div class="answer">
        {phase !== 'refused' && (
          <>
            <Heading class="verdict-name">{stateOf(item, t)} …</Heading>
            {error && <p role="status">{sentenceFor(error, t)}</p>}
          </>
        )}
        {phase === 'refused' && error?.needsKey && (
          <>
            <Heading class="verdict-name">{stateOf(item, t)}</Heading>
            <ErrorNotice error={error} />
          </>
        )}
        {phase === 'refused' && error && !error.needsKey && (
          <>
            <div class="notice bad" role="alert">
              <Heading class="verdict-name">{stateOf(item, t)}</Heading>
              <p>{sentenceFor(error, t)}</p>
            </div>
            <button type="button" onClick={() => again(item.key)}>
              {t.predict.again}
            </button>
          </>
        )}
      </div>
    </article>
  );
}
