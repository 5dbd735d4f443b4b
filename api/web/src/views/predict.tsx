/** The first view: give an image, choose a model, read the answer. */
import { useEffect } from 'preact/hooks';
import { isPublished, useModels } from '../client/models.js';
import { DropZone } from '../parts/drop-zone.js';
import { Heading, useLeavesFocus } from '../parts/heading.js';
import { IntakeBar } from '../parts/intake-bar.js';
import { lazy } from '../parts/lazy.js';
import { ModelPicker } from '../parts/model-picker.js';
import { ModelsChecking } from '../parts/models-checking.js';
import { ErrorNotice } from '../parts/notice.js';
import { RefusedImages } from '../parts/refused-images.js';
import { Samples } from '../parts/samples.js';
import { WishesForm } from '../parts/wishes-form.js';
import { Link } from '../routing/router.js';
import { give, wishes } from '../state/intake.js';
import { useValue } from '../state/observable.js';
import { chosenModel } from '../state/settings.js';
import { items } from '../state/uploads.js';
import { useTexts } from '../texts/index.js';

function chooseModel(name: string): void {
  chosenModel.value = name;
  wishes.value = {};
}

const loadOutcome = async () => (await import('./outcome.js')).Outcome;
const Outcome = lazy(loadOutcome);

export function Predict() {
  const given = useValue(items).length > 0;
  const loaded = useModels();
  const { models, chosen, error, reload } = loaded;
  if (!given) return <Empty {...loaded} />;
  return (
    <>
      {error !== null && <ErrorNotice error={error} onRetry={reload} />}
      {models && <IntakeBar models={models.filter(isPublished)} chosen={chosen} onChoose={chooseModel} />}
      <RefusedImages />
      <Outcome />
    </>
  );
}

/** Before the first image. */
function Empty({ models, checking, chosen, error, reload }: ReturnType<typeof useModels>) {
  const t = useTexts();
  const element = useLeavesFocus<HTMLDivElement>();
  useEffect(() => void loadOutcome().catch(() => {}), []); // so that it is there when it is needed; tried again then
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
        {models && (
          <p class="own-model">
            <Link href="/datasets">{t.train.own}</Link>
          </p>
        )}
      </div>
    </div>
  );
}
