import { countedClasses } from '../detection/spec.js';
import type { TaskSpec } from '../task-spec.js';
import type { SegmentationOutput } from './formats.js';

const INSTANCE_THRESHOLD = 0.25;

/** Which pixels belong to which class (semantic) or object (instances). */
export const segmentation: TaskSpec<SegmentationOutput> = {
  formats: ['semantic', 'yolov8-seg', 'yolov5-seg'],
  parameters: ['threshold', 'iou', 'max_detections'],
  defaults: (settings) =>
    settings.format === 'semantic'
      ? { threshold: settings.threshold ?? 0 }
      : {
          threshold: settings.threshold ?? INSTANCE_THRESHOLD,
          iou: settings.iou,
          max_detections: settings.max_detections,
        },
  summary: ({ predictions }) => countedClasses(predictions.map(({ class_name }) => class_name)),
  drawing: { banner: false, boxes: true, masks: true },
};
