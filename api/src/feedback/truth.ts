/** What is right about an image, by what was said of an answer. */
import type { ItemBox } from '@scry/shared/contracts/dataset';
import type { Feedback } from '@scry/shared/database/feedback';
import type { Prediction } from '@scry/shared/database/predictions';

export interface Truth {
  /** What the image shows; null: that was not said. */
  readonly class: string | null;
  /** The objects in it; null where nothing was said of boxes. */
  readonly boxes: readonly ItemBox[] | null;
}

/** Boxes that nothing was said of stay as they were answered; wrong ones get the label given, or go. */
export function truthOf({ label, boxes }: Feedback, { output }: Prediction): Truth {
  if (boxes === null) return { class: label, boxes: null };
  const said = new Map(boxes.map((box) => [box.index, box]));
  const right = (output?.predictions ?? []).flatMap(({ class_name, bbox }, index): ItemBox[] => {
    const mark = said.get(index);
    if (!bbox || (mark && !mark.correct && mark.label === undefined)) return [];
    return [{ class: mark?.label ?? class_name, bbox }];
  });
  return { class: label, boxes: right };
}
