/** The images given so far, and the answer about the one chosen, alone or beside another. Comes after the first image. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { lazy, lazyPart } from '../parts/lazy.js';
import { UploadList } from '../parts/upload-list.js';
import { useSteps } from '../parts/use-steps.js';
import { Panel } from '../result/panel.js';
import type { Steps } from '../result/stage-tools.js';
import { Unsent } from '../result/unsent.js';
import { compared, compareWith, partnerOf } from '../state/comparison.js';
import { useValue } from '../state/observable.js';
import { type Item, items, selected } from '../state/uploads.js';

const Overview = lazy(async () => (await import('../overview/overview.js')).Overview);
const Compare = lazyPart(async () => (await import('../result/compare.js')).Compare);

/** Scrolls to the element when an image comes and it is not where one looks. */
function useScrollToNewest(newest: number) {
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
  return element;
}

/** Whether all images are shown at once; one that is given then is looked at by itself. */
function useTogether(newest: number) {
  const [together, setTogether] = useState(false);
  const before = useRef(newest);
  useEffect(() => {
    if (newest > before.current) setTogether(false);
    before.current = Math.max(before.current, newest);
  }, [newest]);
  return [together, setTogether] as const;
}

export function Outcome() {
  const all = useValue(items);
  const shown = useValue(selected);
  const other = useValue(compared);
  const newest = Math.max(0, ...all.map(({ key }) => key));
  const element = useScrollToNewest(newest);
  const steps = useSteps(all, shown, other === null);
  const [together, setTogether] = useTogether(newest);
  const current = all.find((item) => item.key === shown);
  if (together && all.length > 1)
    return (
      <div class="outcome" ref={element}>
        <Overview onClose={() => setTogether(false)} />
      </div>
    );
  return (
    <div class="outcome" ref={element}>
      <UploadList onOverview={() => setTogether(true)} />
      {current && other !== null && <Compare item={current} other={other} />}
      {current && other === null && <Shown key={current.key} item={current} steps={steps} />}
    </div>
  );
}

/** The item chosen in the list: its answer, or why there is none yet. */
function Shown({ item, steps }: { readonly item: Item; readonly steps: Steps }) {
  if (!item.prediction || item.phase === 'refused') return <Unsent item={item} steps={steps} />;
  const partner = partnerOf(item);
  return (
    <Panel
      prediction={item.prediction}
      name={item.name}
      isFile={item.isFile}
      localUrl={item.url ?? undefined}
      showOpen={true}
      steps={steps}
      onCompare={partner ? () => compareWith(item.key, partner.id) : null}
    />
  );
}
