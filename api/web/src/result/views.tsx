/** How the answer of each task is shown: what lies over the image, and what stands beside it. */
import type { Answer } from '@scry/shared/tasks/answer';
import type { ComponentChildren } from 'preact';
import type { Texts } from '../texts/index.js';
import { Boxes } from './boxes.js';
import { BestConfidence, Classification, isUnsure } from './classification.js';
import { Detection, scrollTo } from './detection.js';
import type { DetectionState } from './detection-state.js';
import { Masks } from './masks.js';
import { Segmentation } from './segmentation.js';
import type { ClassColors } from './tones.js';
import type { Zoom } from './zoom.js';

export interface Shown {
  /** Objects that one answer lists at the most; null: not known. */
  readonly most: number | null;
  readonly answers: readonly Answer[];
  /** Confidence below which the first answer says little; null: it always does. */
  readonly unsureBelow: number | null;
  readonly state: DetectionState;
  readonly colors: ClassColors;
  readonly image: { readonly url: string | null; readonly width: number; readonly height: number };
}

export interface TaskView {
  /** The answer in a few words. */
  readonly heading: (shown: Shown, t: Texts) => string;
  /** What stands beside the heading. */
  readonly beside?: (shown: Shown) => ComponentChildren;
  readonly overlay: (shown: Shown, zoom: Zoom) => ComponentChildren;
  readonly answer: (shown: Shown) => ComponentChildren;
}

/** Goes to an object's row in the list beside the image; the page stays where it is. */
function focusRow(index: number, canvas: HTMLElement): void {
  const row = canvas.closest('.result, .side')?.querySelector<HTMLElement>(`[data-index="${index}"]`);
  if (row) scrollTo(row);
  row?.querySelector('button')?.focus({ preventScroll: true });
}

function boxes({ state, colors }: Shown, zoom: Zoom) {
  return (
    <Boxes
      found={state.shown}
      colors={colors}
      labels={state.labels}
      active={state.active}
      zoom={zoom}
      onActive={state.setActive}
      onPick={focusRow}
    />
  );
}

const classification: TaskView = {
  heading: (shown, t) => (isUnsure(shown) ? t.result.unsure : (shown.answers[0]?.class_name ?? '')),
  beside: ({ answers, unsureBelow }) => <BestConfidence answers={answers} unsureBelow={unsureBelow} />,
  overlay: () => null,
  answer: ({ answers, unsureBelow }) => <Classification answers={answers} unsureBelow={unsureBelow} />,
};

const VIEWS: Readonly<Record<string, TaskView>> = {
  classification,
  detection: {
    heading: ({ state }, t) => t.result.objects(state.shown.length),
    overlay: boxes,
    answer: ({ state, colors, image, most }) => (
      <Detection state={state} colors={colors} image={image} most={most} />
    ),
  },
  segmentation: {
    heading: ({ answers }, t) => t.result.areas(answers.length),
    overlay: (shown, zoom) => (
      <>
        <Masks answers={shown.answers} colors={shown.colors} active={shown.state.active} />
        {boxes(shown, zoom)}
      </>
    ),
    answer: ({ answers, colors, state }) => (
      <Segmentation answers={answers} colors={colors} active={state.active} onActive={state.setActive} />
    ),
  },
};

/** The view of a task; one that this page does not know yet is shown as classes with their confidence. */
export function viewOf(task: string): TaskView {
  return VIEWS[task] ?? classification;
}
