import type { TaskSpec } from '../task-spec.js';
import type { ClassificationOutput } from './formats.js';

/** Which classes an image shows, the most confident first. */
export const classification: TaskSpec<ClassificationOutput> = {
  formats: ['probabilities', 'logits'],
  parameters: ['top_k', 'threshold', 'all_classes'],
  defaults: ({ top_k, threshold = 0 }) => ({ top_k, threshold }),
  summary: ({ predictions: [best] }) => best?.class_name ?? null,
  drawing: { banner: true, boxes: false, masks: false },
};
