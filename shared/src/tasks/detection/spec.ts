import type { TaskSpec } from '../task-spec.js';
import type { DetectionOutput } from './formats.js';

const DEFAULT_THRESHOLD = 0.25;

/** Which objects an image shows, each in a box. */
export const detection: TaskSpec<DetectionOutput> = {
  formats: ['yolov8', 'yolov5', 'yolox', 'ssd', 'boxes'],
  parameters: ['threshold', 'iou', 'max_detections'],
  defaults: ({ threshold = DEFAULT_THRESHOLD, iou, max_detections }) => ({ threshold, iou, max_detections }),
  summary: ({ predictions }) => countedClasses(predictions.map(({ class_name }) => class_name)),
  drawing: { banner: false, boxes: true, masks: false },
};

const MOST_CLASSES = 3;

/** "2 cat, dog": classes by how often they were found. */
export function countedClasses(names: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const listed = [...counts].sort(([, a], [, b]) => b - a).slice(0, MOST_CLASSES);
  if (listed.length === 0) return null;
  const words = listed.map(([name, count]) => (count === 1 ? name : `${count} ${name}`));
  return counts.size > listed.length ? `${words.join(', ')}, …` : words.join(', ');
}
