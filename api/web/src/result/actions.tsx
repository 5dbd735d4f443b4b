/** What can be done with an answer: copy it, link to it, save it, say that it is wrong. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { useState } from 'preact/hooks';
import { sentenceFor } from '../client/failure.js';
import { predictionPath } from '../client/predictions.js';
import { announce } from '../parts/announcer.js';
import { Icon, type IconName } from '../parts/icons.js';
import { download } from '../parts/image-url.js';
import { Link } from '../routing/router.js';
import { key } from '../state/settings.js';
import { useTexts } from '../texts/index.js';
import { curlCommand } from './curl.js';

export const pageLink = (id: string): string => `/p/${encodeURIComponent(id)}`;

interface Props {
  readonly prediction: PredictionView;
  readonly name: string;
  readonly showOpen: boolean;
  readonly onWrong: (() => void) | null;
}

function CopyButton({ icon, label, text }: { icon: IconName; label: string; text: () => string }) {
  const t = useTexts();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text());
      setCopied(true);
      announce(t.share.copied);
      setTimeout(() => setCopied(false), 2000);
    } catch {
      announce(t.share.failed); // the browser forbids it, or the page came over plain http
      window.prompt(label, text());
    }
  };
  return (
    <button type="button" class="quiet" onClick={() => void copy()}>
      <Icon name={copied ? 'check' : icon} />
      {copied ? t.share.copied : label}
    </button>
  );
}

export function Actions({ prediction, name, showOpen, onWrong }: Props) {
  const t = useTexts();
  const [problem, setProblem] = useState<string | null>(null);
  const id = prediction.prediction_id;
  const save = () => {
    setProblem(null);
    const base = name.replace(/\.[^.]*$/, '');
    download(`${predictionPath(id)}/annotated`, `${base}-annotated.jpg`).catch((error: unknown) =>
      setProblem(sentenceFor(error, t)),
    );
  };
  return (
    <div class="actions">
      <CopyButton
        icon="copy"
        label={t.share.curl}
        text={() => curlCommand(prediction, name, location.origin, key.value !== null)}
      />
      <CopyButton icon="copy" label={t.share.json} text={() => JSON.stringify(prediction, null, 2)} />
      <CopyButton icon="link" label={t.share.link} text={() => location.origin + pageLink(id)} />
      {prediction.status === 'succeeded' && (
        <button type="button" class="quiet" onClick={save}>
          <Icon name="download" />
          {t.share.download}
        </button>
      )}
      {showOpen && (
        <Link class="button quiet" href={pageLink(id)}>
          <Icon name="page" />
          {t.share.open}
        </Link>
      )}
      {onWrong && (
        <button type="button" class="quiet" onClick={onWrong}>
          <Icon name="flag" />
          {t.feedback.open}
        </button>
      )}
      {problem && <p role="alert">{problem}</p>}
    </div>
  );
}
