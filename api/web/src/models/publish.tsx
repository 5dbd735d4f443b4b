/** Lets a version answer others: all of a model's traffic, or a share of it. */
import { useState } from 'preact/hooks';
import { useLoad } from '../client/use-load.js';
import { type LabelView, modelPath, type VersionView } from '../client/versions.js';
import { useLeavesFocus } from '../parts/heading.js';
import { useTexts } from '../texts/models.js';
import type { Draft } from './draft.js';
import { ShareSlider } from './share-slider.js';

const FIRST_SHARE = 10;

export function Publish({ version, draft }: { readonly version: VersionView; readonly draft: Draft }) {
  const t = useTexts();
  const section = useLeavesFocus<HTMLElement>();
  const [share, setShare] = useState(FIRST_SHARE);
  const { model, labels } = version;
  const known = useLoad<{ items: readonly LabelView[] }>(`${modelPath(model)}/labels`);
  const hasStable = known.data?.items.some(({ label }) => label === 'stable') ?? false;
  if (labels.includes('stable')) return <p class="notice good">{t.addModel.published(model, 'stable')}</p>;
  return (
    <section class="panel publish" ref={section} aria-labelledby="publish-title">
      <h2 id="publish-title">{t.addModel.publish}</h2>
      <p class="quiet-text">{t.addModel.publishHelp(model)}</p>
      <div class="buttons">
        <button type="button" class="primary" onClick={() => draft.publish('stable', 0)}>
          {t.addModel.asStable}
        </button>
      </div>
      {hasStable && (
        <div class="trial">
          <ShareSlider label={t.addModel.share} min={1} share={share} onShare={setShare} />
          <div class="buttons">
            <button type="button" onClick={() => draft.publish('canary', share)}>
              {t.addModel.asCanary}
            </button>
          </div>
        </div>
      )}
    </section>
  );
}
