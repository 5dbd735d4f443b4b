import type { TaskSpec } from '../task-spec.js';
import type { ClassificationOutput } from './formats.js';

const MANY_CLASSES = 100;

/** With two classes guessing gives 0.5; with many, those that look alike share what an answer is sure of. */
function unsureBelow(classes: number): number {
  if (classes <= 2) return 0.6;
  return classes <= MANY_CLASSES ? 0.5 : 0.3;
}

/** Which classes an image shows, the most confident first. */
export const classification: TaskSpec<ClassificationOutput> = {
  formats: ['probabilities', 'logits'],
  parameters: ['top_k', 'threshold', 'all_classes'],
  defaults: ({ top_k, threshold = 0 }) => ({ top_k, threshold }),
  unsureBelow: ({ unsure_below }, classes) => unsure_below ?? unsureBelow(classes),
  summary: ({ predictions: [best] }) => best?.class_name ?? null,
  drawing: { banner: true, boxes: false, masks: false },
};
