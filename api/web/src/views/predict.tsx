/** The first view: give an image, choose a model, read the answer. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { isPublished, useModels } from '../client/models.js';
import { DropZone } from '../parts/drop-zone.js';
import { Heading, useLeavesFocus } from '../parts/heading.js';
import { IntakeBar } from '../parts/intake-bar.js';
import { ModelPicker } from '../parts/model-picker.js';
import { ModelsChecking } from '../parts/models-checking.js';
import { ErrorNotice } from '../parts/notice.js';
import { RefusedImages } from '../parts/refused-images.js';
import { Samples } from '../parts/samples.js';
import { UploadList } from '../parts/upload-list.js';
import { WishesForm } from '../parts/wishes-form.js';
import { Panel } from '../result/panel.js';
import { Unsent } from '../result/unsent.js';
import { give, wishes } from '../state/intake.js';
import { useValue } from '../state/observable.js';
import { chosenModel } from '../state/settings.js';
import { type Item, items, selected } from '../state/uploads.js';
import { useTexts } from '../texts/index.js';

function chooseModel(name: string): void {
  chosenModel.value = name;
  wishes.value = {};
}

export function Predict() {
  const all = useValue(items);
  const shown = useValue(selected);
  const loaded = useModels();
  const { models, chosen, error, reload } = loaded;
  const current = all.find((item) => item.key === shown);
  if (all.length === 0) return <Empty {...loaded} />;
  return (
    <>
      {error !== null && <ErrorNotice error={error} onRetry={reload} />}
      {models && <IntakeBar models={models.filter(isPublished)} chosen={chosen} onChoose={chooseModel} />}
      <RefusedImages />
      <Outcome newest={all[0]?.key ?? 0}>
        <UploadList />
        {current && <Shown key={current.key} item={current} />}
      </Outcome>
    </>
  );
}

/** Before the first image. */
function Empty({ models, checking, chosen, error, reload }: ReturnType<typeof useModels>) {
  const t = useTexts();
  const element = useLeavesFocus<HTMLDivElement>();
  return (
    <div class="intake" ref={element}>
      <div class="intake-main">
        <Heading>{t.predict.title}</Heading>
        <p class="lead">{t.predict.lead}</p>
        <DropZone />
        <RefusedImages />
        <Samples onSample={(image, suited) => void give([image], suited)} />
      </div>
      <div class="intake-side">
        {error !== null && <ErrorNotice error={error} onRetry={reload} />}
        <ModelsChecking checking={checking} />
        {models && (checking === 0 || chosen) && (
          <ModelPicker
            models={models.filter(isPublished)}
            chosen={chosen?.name ?? ''}
            onChoose={chooseModel}
          />
        )}
        {chosen && <WishesForm key={chosen.name} parameters={chosen.parameters} />}
      </div>
    </div>
  );
}

/** The list and the answer; scrolled to when an image comes and they are not where one looks. */
function Outcome({ newest, children }: { readonly newest: number; readonly children: ComponentChildren }) {
  const element = useRef<HTMLDivElement>(null);
  const before = useRef(0);
  useEffect(() => {
    const top = element.current?.getBoundingClientRect().top ?? 0;
    const isNew = newest > before.current;
    before.current = newest;
    if (!isNew || (top >= 0 && top <= window.innerHeight * 0.4)) return;
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
