/**
 * YOLO with masks: the boxes' output carries as many coefficients behind the class scores as there are prototypes, and an
 * object's mask is their weighted sum, cut to its box. Source: Ultralytics, ops.process_mask (bilinear, threshold 0).
 */
import path from 'node:path';
import type { Box } from '@scry/shared/tasks/answer';
import type { InstancesOutput } from '@scry/shared/tasks/segmentation/formats';
import type { Geometry } from '../../../imaging/geometry.js';
import { ManifestProblem, shapeText } from '../../../models/manifest-problem.js';
import type { Outputs, Tensor } from '../../engines/engine.js';
import { cellRange, maskGrid, taps } from '../mask-grid.js';
import type { Candidate } from '../nms.js';
import { output, outputName, type TaskModel } from '../task.js';
import type { DetectionFormat } from './format.js';
import { createYolo } from './yolo.js';

/** What the exporters call the two outputs. */
const USUAL = { boxes: 'output0', prototypes: 'output1' };

interface Prototypes {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  readonly countStep: number;
  readonly placeStep: number;
}

export interface ObjectMask {
  /** Rows × columns of the grid, 1 where the object is. */
  readonly mask: Uint8Array;
  readonly cells: number;
}

export interface InstanceFormat {
  readonly outputNames: readonly string[];
  readonly check: (outputs: Outputs, batch: number) => void;
  readonly boxes: DetectionFormat;
  /** @returns the mask of one of the candidates, given its box on the image */
  masks(
    outputs: Outputs,
    index: number,
    batch: number,
    geometry: Geometry,
  ): (candidate: Candidate, box: Box) => ObjectMask;
}

/** TensorFlow's exports have the prototypes last: they are fewer than rows and columns are. */
function prototypesOf({ dims }: Tensor): Prototypes {
  const [, a = 0, b = 0, c = 0] = dims;
  return a <= c
    ? { count: a, rows: b, columns: c, countStep: b * c, placeStep: 1 }
    : { count: c, rows: a, columns: b, countStep: 1, placeStep: c };
}

/** @throws ManifestProblem when the manifest names no output of the file */
export function createInstances(task: TaskModel, settings: InstancesOutput): InstanceFormat {
  const usual = task.outputs.includes(USUAL.boxes) && task.outputs.includes(USUAL.prototypes);
  const boxesName = outputName(task, settings.name ?? (usual ? USUAL.boxes : undefined), 'output.name');
  const prototypesName = outputName(
    task,
    settings.prototypes ?? (usual ? USUAL.prototypes : undefined),
    'output.prototypes',
  );
  const boxes = createYolo(task, {
    ...settings,
    name: boxesName,
    format: settings.format === 'yolov8-seg' ? 'yolov8' : 'yolov5',
    activation: 'none',
    coefficients: (outputs) => prototypesOf(output(outputs, prototypesName)).count,
  });
  return {
    outputNames: [boxesName, prototypesName],
    boxes,
    check(outputs, batch) {
      const { dims } = output(outputs, prototypesName);
      if (dims.length !== 4) {
        const text = `prototypes are [n, prototypes, rows, columns], but output "${prototypesName}" of ${path.basename(task.model.file)} is ${shapeText(dims)}`;
        throw new ManifestProblem(task.model, 'output.prototypes', text);
      }
      boxes.check(outputs, batch);
    },
    masks: (outputs, index, batch, geometry) =>
      maskMaker(task, output(outputs, prototypesName), index, batch, geometry),
  };
}

function maskMaker(
  task: TaskModel,
  tensor: Tensor,
  index: number,
  batch: number,
  { x, y, width, height }: Geometry,
) {
  const prototypes = prototypesOf(tensor);
  const start = (index * tensor.data.length) / batch;
  const grid = maskGrid({ x, y, width, height });
  const vertical = taps(grid.rows, y, height, task.height, prototypes.rows);
  const horizontal = taps(grid.columns, x, width, task.width, prototypes.columns);
  return ({ coefficients = NONE }: Candidate, { cx, cy, w, h }: Box): ObjectMask => {
    const scores = weightedSum(tensor.data, start, prototypes, coefficients);
    const mask = new Uint8Array(grid.rows * grid.columns);
    const [top, bottom] = cellRange(cy - h / 2, cy + h / 2, grid.rows);
    const [left, right] = cellRange(cx - w / 2, cx + w / 2, grid.columns);
    let cells = 0;
    for (let row = top; row < bottom; row++) {
      const y0 = (vertical.first[row] as number) * prototypes.columns;
      const y1 = (vertical.second[row] as number) * prototypes.columns;
      const dy = vertical.weight[row] as number;
      for (let column = left; column < right; column++) {
        const [x0, x1] = [horizontal.first[column] as number, horizontal.second[column] as number];
        const dx = horizontal.weight[column] as number;
        const upper = (scores[y0 + x0] as number) * (1 - dx) + (scores[y0 + x1] as number) * dx;
        const lower = (scores[y1 + x0] as number) * (1 - dx) + (scores[y1 + x1] as number) * dx;
        if (upper * (1 - dy) + lower * dy <= 0) continue;
        mask[row * grid.columns + column] = 1;
        cells++;
      }
    }
    return { mask, cells };
  };
}

const NONE = new Float32Array(0);

/** @returns rows × columns of the prototypes: what the object scores there; above 0 is inside */
function weightedSum(
  data: Tensor['data'],
  start: number,
  { rows, columns, countStep, placeStep }: Prototypes,
  coefficients: Float32Array,
): Float32Array {
  const scores = new Float32Array(rows * columns);
  for (const [index, weight] of coefficients.entries()) {
    const from = start + index * countStep;
    for (let place = 0; place < scores.length; place++)
      scores[place] = (scores[place] as number) + weight * Number(data[from + place * placeStep]);
  }
  return scores;
}
