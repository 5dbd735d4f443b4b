/** The first view: give an image, choose a model, read the answer. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { isPublished, useModels } from '../client/models.js';
import { DropZone } from '../parts/drop-zone.js';
import { ModelPicker } from '../parts/model-picker.js';
import { ModelsChecking } from '../parts/models-checking.js';
import { ErrorNotice } from '../parts/notice.js';
import { Samples } from '../parts/samples.js';
import { UploadList } from '../parts/upload-list.js';
import { WishesForm } from '../parts/wishes-form.js';
import { Panel } from '../result/panel.js';
import { Unsent } from '../result/unsent.js';
import { give, refused, wishes } from '../state/intake.js';
import { useValue } from '../state/observable.js';
import { chosenModel } from '../state/settings.js';
import { type Item, items, selected } from '../state/uploads.js';
import { bytes, useTexts } from '../texts/index.js';

export function Predict() {
  const t = useTexts();
  const { models, checking, chosen, error, reload } = useModels();
  const all = useValue(items);
  const shown = useValue(selected);
  const current = all.find((item) => item.key === shown);
  const inUse = all.length > 0;
  const choose = (name: string) => {
    chosenModel.value = name;
    wishes.value = {};
  };
  return (
    <>
      <div class={`intake${inUse ? ' in-use' : ''}`}>
        <div class="intake-main">
          <h1 tabIndex={-1}>{t.predict.title}</h1>
          {!inUse && <p class="lead">{t.predict.lead}</p>}
          <DropZone compact={inUse} />
          <RefusedImages />
          {!inUse && <Samples onSample={(image, suited) => void give([image], suited)} />}
        </div>
        <div class="intake-side">
          {error !== null && <ErrorNotice error={error} onRetry={reload} />}
          <ModelsChecking checking={checking} />
          {models && (checking === 0 || chosen) && (
            <ModelPicker
              models={models.filter(isPublished)}
              chosen={chosen?.name ?? ''}
              compact={inUse}
              onChoose={choose}
            />
          )}
          {chosen && <WishesForm key={chosen.name} parameters={chosen.parameters} />}
        </div>
      </div>
      {inUse && (
        <Outcome newest={all[0]?.key ?? 0}>
          <UploadList />
          {current && <Shown key={current.key} item={current} />}
        </Outcome>
      )}
    </>
  );
}

/** Files of the last ones given that were not sent, and why. */
function RefusedImages() {
  const t = useTexts();
  const all = useValue(refused);
  if (all.length === 0) return null;
  return (
    <ul class="notice bad" role="alert">
      {all.map(({ name, bytes: size, refusal }) => (
        <li key={name}>
          {refusal.reason === 'type'
            ? t.errors.notImage(name)
            : t.errors.tooBig(name, bytes(size), bytes(refusal.maxBytes))}
        </li>
      ))}
    </ul>
  );
}

/** The list and the answer; scrolled to when an image comes and they are not on the screen. */
function Outcome({ newest, children }: { readonly newest: number; readonly children: ComponentChildren }) {
  const element = useRef<HTMLDivElement>(null);
  const before = useRef(0);
  useEffect(() => {
    const top = element.current?.getBoundingClientRect().top ?? 0;
    const isNew = newest > before.current;
    before.current = newest;
    if (!isNew || top <= window.innerHeight * 0.4) return;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    element.current?.scrollIntoView({ behavior: still ? 'auto' : 'smooth' });
  }, [newest]);
  return (
    <div class="outcome" ref={element}>
      {children}
    </div>
  );
}

/** The item chosen in the list: its answer, or why there is none yet. */
function Shown({ item }: { readonly item: Item }) {
  if (!item.prediction || item.phase === 'refused') return <Unsent item={item} />;
  return (
    <Panel
      prediction={item.prediction}
      name={item.name}
      isFile={item.isFile}
      localUrl={item.url ?? undefined}
      showOpen={true}
    />
  );
}
