/** Segmentation: masks of objects (instances) or of classes (semantic), on a grid laid over the image. */

import type { Answer } from '@scry/shared/tasks/answer';
import type { SegmentationOutput } from '@scry/shared/tasks/segmentation/formats';
import { encodeMask } from '@scry/shared/tasks/segmentation/rle';
import { segmentation } from '@scry/shared/tasks/segmentation/spec';
import { toImage } from '../../imaging/geometry.js';
import type { Outputs } from '../engines/engine.js';
import { createInstances } from './formats/instances.js';
import { createSemantic } from './formats/semantic.js';
import { maskGrid } from './mask-grid.js';
import { suppress } from './nms.js';
import { isConfidence, NotConfidence, refused } from './refused-output.js';
import { type Asked, type Interpreter, roundConfidence, type TaskModel } from './task.js';

type Read = (outputs: Outputs, asked: Asked) => Answer[];

/** Reads segmentations. @throws ManifestProblem when the manifest names no output of the file */
export function createSegmentation(task: TaskModel): Interpreter {
  const settings = task.model.output as SegmentationOutput; // the manifest's schema has checked it
  const reader = settings.format === 'semantic' ? semanticReader(task) : instanceReader(task);
  return {
    outputNames: reader.outputNames,
    check: reader.check,
    interpret(outputs, asked) {
      try {
        return { status: 'succeeded', output: { predictions: reader.read(outputs, asked) } };
      } catch (error) {
        return refused(error);
      }
    },
  };
}

type Reader = Pick<Interpreter, 'outputNames' | 'check'> & { readonly read: Read };

function semanticReader(task: TaskModel): Reader {
  const { labels } = task.model;
  const settings = task.model.output as Extract<SegmentationOutput, { format: 'semantic' }>;
  const format = createSemantic(task, settings);
  const read: Read = (outputs, { index, batch, geometry, parameters }) => {
    const threshold = parameters.threshold ?? segmentation.defaults(settings).threshold ?? 0;
    const { rows, columns } = maskGrid(geometry);
    return format
      .read(outputs, index, batch, geometry)
      .filter(({ confidence }) => confidence >= threshold)
      .sort((a, b) => b.cells - a.cells)
      .map(({ label, confidence, cells, mask }) => ({
        class_index: label,
        class_name: labels[label] as string,
        confidence: roundConfidence(confidence),
        area: roundConfidence(cells / (rows * columns)),
        mask: encodeMask(mask, rows, columns),
      }));
  };
  return { outputNames: format.outputNames, check: format.check, read };
}

function instanceReader(task: TaskModel): Reader {
  const { labels } = task.model;
  const settings = task.model.output as Exclude<SegmentationOutput, { format: 'semantic' }>;
  const format = createInstances(task, settings);
  const defaults = segmentation.defaults(settings);
  const read: Read = (outputs, { index, batch, geometry, parameters }) => {
    const { threshold = 0, iou = 1, max_detections = 1 } = { ...defaults, ...parameters };
    const candidates = format.boxes.read(outputs, index, batch, threshold);
    const { rows, columns } = maskGrid(geometry);
    const maskOf = format.masks(outputs, index, batch, geometry);
    const kept = suppress(candidates, iou, max_detections);
    const [first] = kept;
    if (first && !isConfidence(first.score)) throw new NotConfidence(format.boxes.scores, first.score);
    return kept.flatMap((candidate) => {
      const bbox = toImage(candidate, geometry);
      if (!bbox) return [];
      const { mask, cells } = maskOf(candidate, bbox);
      return [
        {
          class_index: candidate.label,
          class_name: labels[candidate.label] as string,
          confidence: roundConfidence(candidate.score),
          bbox,
          area: roundConfidence(cells / (rows * columns)),
          mask: encodeMask(mask, rows, columns),
        },
      ];
    });
  };
  return { outputNames: format.outputNames, check: format.check, read };
}
