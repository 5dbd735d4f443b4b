/** A version answers an image before anybody else is answered by it; beside the answer, the image as the model is shown it. */
import type { PredictionView } from '@scry/shared/contracts/prediction';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { refusalOf } from '../client/limits.js';
import { follow, hasEnded, newPredictionId, predictionPath, upload } from '../client/predictions.js';
import type { VersionView } from '../client/versions.js';
import { WRITE_SCOPES } from '../client/versions.js';
import { FileButton } from '../parts/file-button.js';
import { IMAGE_FILES } from '../parts/given-files.js';
import { useImageUrl } from '../parts/image-url.js';
import { ErrorNotice } from '../parts/notice.js';
import { useContent } from '../result/content.js';
import { Stage } from '../result/stage.js';
import { Unanswered } from '../result/unanswered.js';
import { Verdict } from '../result/verdict.js';
import { useDropTarget } from '../state/drop-target.js';
import { bytes, useTexts } from '../texts/models.js';

interface GivenImage {
  readonly file: File;
  readonly url: string;
}

/** The image of this visit, kept while its model is checked with other settings. */
let lastImage: GivenImage | null = null;

/** Asks the version, again whenever the image or the version is another one. */
function useAnswer(version: VersionView, image: GivenImage | null) {
  const [prediction, setPrediction] = useState<PredictionView | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    if (!image) return;
    const stop = new AbortController();
    const { signal } = stop;
    const ask = async () => {
      setPrediction(null);
      setError(null);
      const id = newPredictionId();
      const model = `${version.model}@${version.version}`;
      const about = { id, file: image.file, name: image.file.name, model, wishes: {} };
      const first = await upload({ ...about, onProgress: () => {}, signal });
      setPrediction(first);
      if (!hasEnded(first)) await follow(id, setPrediction, signal);
    };
    ask().catch((failure: unknown) => {
      if (!signal.aborted) setError(failure);
    });
    return () => stop.abort();
  }, [version.id, image]);
  return { prediction, error };
}

export function TryOut({ version }: { readonly version: VersionView }) {
  const t = useTexts();
  const [image, setImage] = useState(lastImage);
  const [refused, setRefused] = useState<string | null>(null);
  const { prediction, error } = useAnswer(version, image);
  const take = async (file: File) => {
    const refusal = await refusalOf(file);
    if (refusal) {
      const { reason } = refusal;
      setRefused(
        reason === 'type'
          ? t.errors.notImage(file.name)
          : t.errors.tooBig(file.name, bytes(file.size), bytes(refusal.maxBytes)),
      );
      return;
    }
    if (lastImage) URL.revokeObjectURL(lastImage.url);
    lastImage = { file, url: URL.createObjectURL(file) };
    setRefused(null);
    setImage(lastImage);
  };
  useDropTarget(t.addModel.tryRelease, ([first]) => first && void take(first.file));
  return (
    <section class="panel try-out" aria-labelledby="try-title">
      <h2 id="try-title">{t.addModel.tryTitle}</h2>
      <p class="quiet-text">{t.addModel.tryHelp}</p>
      <FileButton
        label={t.addModel.tryPick}
        look="try-pick"
        accept={IMAGE_FILES}
        onFiles={([first]) => first && void take(first.file)}
      />
      {refused && (
        <p class="notice bad" role="alert">
          {refused}
        </p>
      )}
      {error !== null && <ErrorNotice error={error} scopes={WRITE_SCOPES} />}
      {prediction && image && (
        <Answered
          key={prediction.prediction_id}
          prediction={prediction}
          name={image.file.name}
          localUrl={image.url}
          version={version}
        />
      )}
    </section>
  );
}

const heading = (words: ComponentChildren) => <h3 class="verdict-name">{words}</h3>;

interface AnsweredProps {
  readonly prediction: PredictionView;
  readonly name: string;
  readonly localUrl: string;
  readonly version: VersionView;
}

function Answered({ prediction, name, localUrl, version }: AnsweredProps) {
  const { view, shown, onBroken } = useContent(prediction, localUrl);
  return (
    <article class="result" aria-label={name}>
      <Stage
        url={shown.image.url}
        name={name}
        image={prediction.image}
        busy={!hasEnded(prediction)}
        onBroken={onBroken}
        overlay={(zoom) => view.overlay(shown, zoom)}
      />
      <div class="answer">
        {prediction.status === 'succeeded' ? (
          <>
            <Verdict view={view} shown={shown} heading={heading} />
            {view.answer(shown)}
          </>
        ) : (
          <Unanswered prediction={prediction} heading={heading} />
        )}
        <ShownInput id={prediction.prediction_id} version={version} />
      </div>
    </article>
  );
}

/** The image as the model is shown it. */
function ShownInput({ id, version }: { readonly id: string; readonly version: VersionView }) {
  const t = useTexts();
  const { width, height } = (version.manifest.input ?? {}) as { width?: number; height?: number };
  const { url } = useImageUrl(`${predictionPath(id)}/input`);
  if (!url || !width || !height) return null;
  return (
    <figure class="shown-input">
      <img src={url} alt="" width={width} height={height} />
      <figcaption class="quiet-text">{t.addModel.shown(`${width} × ${height}`)}</figcaption>
    </figure>
  );
}
