/** What can be done with an answer: one button for what most people do next, a menu for the rest. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { useState } from 'preact/hooks';
import { sentenceFor } from '../client/failure.js';
import { predictionPath } from '../client/predictions.js';
import { Icon } from '../parts/icons.js';
import { download } from '../parts/image-url.js';
import { Link } from '../routing/router.js';
import { key } from '../state/settings.js';
import { useTexts } from '../texts/index.js';
import { CopyButton } from './copy-button.js';
import { curlCommand, javascriptProgram, pythonProgram } from './curl.js';
import { type DetectionState, shownQuery } from './detection-state.js';
import { Entry, Menu } from './menu.js';

export const pageLink = (id: string): string => `/p/${encodeURIComponent(id)}`;

/** Forms that can be opened. */
export type ActionName = 'feedback' | 'again' | 'delete';

interface Props {
  readonly prediction: PredictionView;
  readonly name: string;
  readonly isFile: boolean;
  readonly state: DetectionState;
  readonly showOpen: boolean;
  /** Opens a form below. */
  readonly onOpen: (name: ActionName) => void;
  /** Null: there is nothing to compare with. */
  readonly onCompare: (() => void) | null;
}

export function Actions({ prediction, name, isFile, state, showOpen, onOpen, onCompare }: Props) {
  const t = useTexts();
  const [problem, setProblem] = useState<string | null>(null);
  const id = prediction.prediction_id;
  const save = () => {
    setProblem(null);
    const path = `${predictionPath(id)}/annotated${shownQuery(state)}`;
    download(path, `${name.replace(/\.[^.]*$/, '')}-annotated.jpg`).catch((error: unknown) =>
      setProblem(sentenceFor(error, t)),
    );
  };
  const parts = () => ({
    origin: location.origin,
    withKey: key.value !== null,
    file: isFile ? name : null,
  });
  return (
    <div class="actions">
      {prediction.status === 'succeeded' && (
        <button type="button" class="primary" onClick={save}>
          <Icon name="download" />
          {t.share.download}
        </button>
      )}
      <Menu label={t.share.more}>
        <Entry icon="again" label={t.askAgain.open} onClick={() => onOpen('again')} />
        {onCompare && <Entry icon="compare" label={t.compare.open} onClick={onCompare} />}
        {prediction.status === 'succeeded' && (
          <Entry icon="flag" label={t.feedback.open} onClick={() => onOpen('feedback')} />
        )}
        {showOpen && (
          <Link class="button quiet" href={pageLink(id)}>
            <Icon name="page" />
            {t.share.open}
          </Link>
        )}
        <CopyButton icon="link" label={t.share.link} text={() => location.origin + pageLink(id)} />
        <CopyButton icon="copy" label={t.share.curl} text={() => curlCommand(prediction, parts())} />
        <CopyButton icon="copy" label={t.share.python} text={() => pythonProgram(prediction, parts())} />
        <CopyButton
          icon="copy"
          label={t.share.javascript}
          text={() => javascriptProgram(prediction, parts())}
        />
        <CopyButton icon="copy" label={t.share.json} text={() => JSON.stringify(prediction, null, 2)} />
        <Entry icon="trash" label={t.overview.delete} onClick={() => onOpen('delete')} />
      </Menu>
      {problem && <p role="alert">{problem}</p>}
    </div>
  );
}
