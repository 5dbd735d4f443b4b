/** Detection: boxes that the model may mean → boxes on the image as a person sees it. */
import type { Answer } from '@scry/shared/contracts/prediction';
import type { DetectionOutput } from '@scry/shared/tasks/detection/formats';
import { detection } from '@scry/shared/tasks/detection/spec';
import { toImage } from '../../imaging/geometry.js';
import { createBoxes, SSD } from './formats/boxes.js';
import type { DetectionFormat } from './formats/format.js';
import { createYolo } from './formats/yolo.js';
import { strongest, suppress } from './nms.js';
import { isConfidence, NotConfidence, refused, UnknownClass } from './refused-output.js';
import { type Asked, type Interpreter, roundConfidence, type TaskModel } from './task.js';

function createFormat(task: TaskModel, settings: DetectionOutput): DetectionFormat {
  switch (settings.format) {
    case 'yolov8':
    case 'yolov5':
    case 'yolox':
      return createYolo(task, settings);
    case 'ssd':
      return createBoxes(task, SSD);
    case 'boxes':
      return createBoxes(task, settings);
  }
}

/** Reads detections. @throws ManifestProblem when the manifest names no output of the file */
export function createDetection(task: TaskModel): Interpreter {
  const settings = task.model.output as DetectionOutput; // the manifest's schema has checked it
  const format = createFormat(task, settings);
  const defaults = detection.defaults(settings);
  const { labels } = task.model;

  const detect = (outputs: Parameters<Interpreter['interpret']>[0], asked: Asked): Answer[] => {
    const { index, batch, parameters, geometry } = asked;
    const { threshold = 0, iou = 1, max_detections: max = 1 } = { ...defaults, ...parameters };
    const candidates = format.read(outputs, index, batch, threshold);
    const kept = format.nms ? suppress(candidates, iou, max) : strongest(candidates, max);
    const [first] = kept;
    if (first && !isConfidence(first.score)) throw new NotConfidence(format.scores, first.score);
    return kept.flatMap((candidate) => {
      const bbox = toImage(candidate, geometry);
      if (!bbox) return [];
      const { label, score } = candidate;
      const className = labels[label];
      if (className === undefined) throw new UnknownClass(label, labels.length);
      return [{ class_index: label, class_name: className, confidence: roundConfidence(score), bbox }];
    });
  };

  return {
    outputNames: format.outputNames,
    check: (outputs, batch) => format.check(outputs, batch),
    interpret(outputs, asked) {
      try {
        return { status: 'succeeded', output: { predictions: detect(outputs, asked) } };
      } catch (error) {
        return refused(error);
      }
    },
  };
}
