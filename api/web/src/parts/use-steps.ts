/** Going from image to image: by buttons, and by the arrow keys wherever they mean nothing else. */
import { useEffect } from 'preact/hooks';
import type { Steps } from '../result/stage-tools.js';
import { type Item, selected } from '../state/uploads.js';

const STEPS: Readonly<Record<string, 1 | -1>> = { ArrowRight: 1, ArrowLeft: -1 };
/** Where arrow keys have a meaning of their own. */
const OWN_ARROWS = 'input, select, textarea, summary, [contenteditable], dialog *';

/** @param withKeys whether arrow keys do it as well */
export function useSteps(all: readonly Item[], current: number | null, withKeys: boolean): Steps {
  const place = all.findIndex(({ key }) => key === current);
  const go = (by: 1 | -1) => {
    const next = all[place + by];
    if (next) selected.value = next.key;
  };
  useEffect(() => {
    if (!withKeys) return;
    const onKeyDown = (event: KeyboardEvent) => {
      const by = STEPS[event.key];
      const modified = event.ctrlKey || event.metaKey || event.altKey || event.shiftKey;
      if (!by || modified || event.defaultPrevented || (event.target as Element).matches(OWN_ARROWS)) return;
      event.preventDefault();
      go(by);
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  });
  return { place, count: all.length, go };
}
