/** The first view: give an image, choose a model, read the answer. */

import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { sentenceFor } from '../client/failure.js';
import { type ModelView, useModels } from '../client/models.js';
import type { Wishes } from '../client/predictions.js';
import { announce } from '../parts/announcer.js';
import { DropZone, type GivenImage } from '../parts/drop-zone.js';
import { ModelPicker } from '../parts/model-picker.js';
import { ErrorNotice } from '../parts/notice.js';
import { Samples } from '../parts/samples.js';
import { stateOf, UploadList } from '../parts/upload-list.js';
import { WishesForm } from '../parts/wishes-form.js';
import { Panel } from '../result/panel.js';
import { Stage } from '../result/stage.js';
import { useValue } from '../state/observable.js';
import { chosenModel } from '../state/settings.js';
import { add, again, type Item, items, selected } from '../state/uploads.js';
import { useTexts } from '../texts/index.js';

/** The model that the next image goes to: the one chosen, else the server's default. */
function useChosen(models: readonly ModelView[] | null): ModelView | undefined {
  const name = useValue(chosenModel);
  return (
    models?.find((model) => model.name === name) ?? models?.find((model) => model.default) ?? models?.[0]
  );
}

const IMAGE_NAME = /\.(jpe?g|png|webp|gif|tiff?|avif|hei[cf]|bmp)$/i;
const isImage = ({ file, name }: GivenImage) => file.type.startsWith('image/') || IMAGE_NAME.test(name);

export function Predict() {
  const t = useTexts();
  const { models, error, reload } = useModels();
  const model = useChosen(models);
  const [wishes, setWishes] = useState<Wishes>({});
  const [refused, setRefused] = useState<string | null>(null);
  const all = useValue(items);
  const current = all.find((item) => item.key === useValue(selected));
  const give = (images: readonly GivenImage[], to = model?.name ?? null) => {
    const wrong = images.find((image) => !isImage(image));
    setRefused(wrong ? t.errors.notImage(wrong.name) : null);
    const good = images.filter(isImage);
    if (good.length === 0) return;
    add(good, to, wishes);
    announce(good.map(({ name }) => name).join(', '));
  };
  const giveSample = (image: GivenImage, suited: string) => {
    const fits = models?.some(({ name }) => name === suited);
    if (fits) chosenModel.value = suited;
    give([image], fits ? suited : undefined);
  };
  const choose = (name: string) => {
    chosenModel.value = name;
    setWishes({});
  };
  return (
    <>
      <div class={`intake${all.length > 0 ? ' in-use' : ''}`}>
        <div class="intake-main">
          <h1 tabIndex={-1}>{t.predict.title}</h1>
          <p class="lead">{t.predict.lead}</p>
          <DropZone onImages={(images) => give(images)} compact={all.length > 0} />
          {refused && (
            <p class="notice bad" role="alert">
              {refused}
            </p>
          )}
          <Samples onSample={giveSample} />
        </div>
        <div class="intake-side">
          {error !== null && <ErrorNotice error={error} onRetry={reload} />}
          {models && <ModelPicker models={models} chosen={model?.name ?? ''} onChoose={choose} />}
          {model && (
            <WishesForm key={model.name} parameters={model.parameters} wishes={wishes} onChange={setWishes} />
          )}
        </div>
      </div>
      {all.length > 0 && (
        <Outcome newest={all[0]?.key ?? 0}>
          <UploadList />
          {current && <Shown key={current.key} item={current} />}
        </Outcome>
      )}
    </>
  );
}

/** The list and the answer; scrolled to when an image comes and they are not on the screen. */
function Outcome({ newest, children }: { readonly newest: number; readonly children: ComponentChildren }) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const top = element.current?.getBoundingClientRect().top ?? 0;
    if (newest > 0 && top > window.innerHeight * 0.4) element.current?.scrollIntoView({ behavior: 'smooth' });
  }, [newest]);
  return (
    <div class="outcome" ref={element}>
      {children}
    </div>
  );
}

/** The item chosen in the list: its answer, or why there is none yet. */
function Shown({ item }: { readonly item: Item }) {
  const t = useTexts();
  if (item.prediction && !item.error) {
    return <Panel prediction={item.prediction} name={item.name} localUrl={item.url} showOpen={true} />;
  }
  return (
    <article class="result" aria-label={item.name}>
      <Stage url={item.url} name={item.name} image={null} busy={item.error === null} onBroken={() => {}} />
      <div class="answer">
        {item.error?.needsKey && <ErrorNotice error={item.error} />}
        {item.error && !item.error.needsKey && (
          <div class="notice bad" role="alert">
            <p class="verdict">
              <span class="verdict-name">{stateOf(item, t)}</span>
            </p>
            <p>{sentenceFor(item.error, t)}</p>
          </div>
        )}
        {item.error ? (
          <button type="button" onClick={() => again(item.key)}>
            {t.predict.again}
          </button>
        ) : (
          <p class="verdict">
            <span class="verdict-name">{stateOf(item, t)} …</span>
          </p>
        )}
      </div>
    </article>
  );
}
