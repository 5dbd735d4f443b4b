/** Tries a version on an image of one's own, before anybody else is answered by it. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import { useEffect, useRef, useState } from 'preact/hooks';
import { RequestFailed } from '../client/http.js';
import { refusalOf } from '../client/limits.js';
import { pause } from '../client/pause.js';
import { follow, newPredictionId, upload } from '../client/predictions.js';
import { FileButton } from '../parts/file-button.js';
import { IMAGE_FILES } from '../parts/given-files.js';
import { ErrorNotice } from '../parts/notice.js';
import { BestConfidence, Classification } from '../result/classification.js';
import { useDropTarget } from '../state/drop-target.js';
import { useTexts } from '../texts/training.js';

interface Tried {
  readonly name: string;
  readonly url: string;
  readonly prediction: PredictionView | null;
  readonly error: unknown;
  readonly isImage: boolean;
}

/** An API process hears of a new version at once or, where that is lost, within 10 s. */
const KNOWN_WITHIN = 12;
const AGAIN_MS = 1000;

async function untilKnown(send: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await send();
      return;
    } catch (error) {
      const unknown = error instanceof RequestFailed && error.report.name === 'unknown-model';
      if (!unknown || attempt === KNOWN_WITHIN) throw error;
      await pause(AGAIN_MS, signal);
    }
  }
}

/** Asks the version about one file at a time; a new one takes the place of the one before. */
function useTrial(model: string) {
  const [tried, setTried] = useState<Tried | null>(null);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  useEffect(() => {
    const url = tried?.url;
    return () => {
      if (url) URL.revokeObjectURL(url);
    };
  }, [tried?.url]);
  const ask = async (file: File, signal: AbortSignal) => {
    const note = (change: Partial<Tried>) =>
      !signal.aborted && setTried((before) => before && { ...before, ...change });
    if (await refusalOf(file)) return note({ isImage: false });
    const id = newPredictionId();
    try {
      await untilKnown(
        () => upload({ id, file, name: file.name, model, wishes: {}, onProgress: () => {}, signal }),
        signal,
      );
      await follow(id, (prediction) => note({ prediction }), signal);
    } catch (error) {
      note({ error });
    }
  };
  const give = (file: File | undefined) => {
    if (!file) return;
    stop.current?.abort();
    const next = new AbortController();
    stop.current = next;
    setTried({
      name: file.name,
      url: URL.createObjectURL(file),
      prediction: null,
      error: null,
      isImage: true,
    });
    void ask(file, next.signal);
  };
  return { tried, give };
}

export function TryOut({ model }: { readonly model: string }) {
  const t = useTexts();
  const { tried, give } = useTrial(model);
  useDropTarget(t.trainings.tryRelease, (files) => give(files[0]?.file));
  return (
    <section class="panel try-out" aria-labelledby="try-title">
      <h2 id="try-title">{t.trainings.tryTitle}</h2>
      <div class="drop-zone one-row">
        <div class="drop-words">
          <strong>{t.trainings.tryDrop}</strong>
        </div>
        <div class="drop-buttons">
          <FileButton
            label={t.trainings.tryPick}
            look="primary"
            icon={true}
            accept={IMAGE_FILES}
            onFiles={([first]) => give(first?.file)}
          />
        </div>
      </div>
      {tried && <Answer tried={tried} />}
    </section>
  );
}

function Answer({ tried }: { readonly tried: Tried }) {
  const t = useTexts();
  const { name, url, prediction, error, isImage } = tried;
  if (!isImage)
    return (
      <p class="notice bad" role="alert">
        {t.errors.notImage(name)}
      </p>
    );
  if (error !== null) return <ErrorNotice error={error} />;
  return (
    <div class="tried" aria-live="polite">
      <img
        src={url}
        alt={t.result.imageAlt(name)}
        onError={(event) => event.currentTarget.classList.add('broken')}
      />
      <div class="answer">
        {prediction?.output && (
          <>
            <div class="verdict">
              <h3 class="verdict-name">{prediction.output.predictions[0]?.class_name ?? t.result.nothing}</h3>
              <BestConfidence answers={prediction.output.predictions} />
            </div>
            <Classification answers={prediction.output.predictions} />
          </>
        )}
        {prediction?.error && (
          <p class="notice bad" lang="en">
            {prediction.error.message}
          </p>
        )}
        {!prediction?.output && !prediction?.error && (
          <p class="quiet-text">{t.state[prediction?.status ?? 'queued']} …</p>
        )}
        {prediction?.output && (
          <p class="quiet-text">
            {t.trainings.answeredBy(`${prediction.model.name}@${prediction.model.version}`)}
          </p>
        )}
      </div>
    </div>
  );
}
