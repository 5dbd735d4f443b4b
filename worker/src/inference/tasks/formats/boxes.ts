/**
 * Detections as a manifest describes them: which output holds the boxes, which the scores, the classes and the count.
 * TensorFlow's Object Detection API (`ssd`) is one such description; torchvision's and Detectron2's exports, DETR and
 * single-class detectors are others.
 */
import path from 'node:path';
import type { BoxesOutput } from '@scry/shared/tasks/detection/formats';
import type { Corners } from '../../../imaging/geometry.js';
import { ManifestProblem, shapeText } from '../../../models/manifest-problem.js';
import type { Outputs, Tensor, TensorData } from '../../engines/engine.js';
import type { Candidate } from '../nms.js';
import { checkConfidences, checkLabel, NotNumbers } from '../refused-output.js';
import { output, outputName, type TaskModel } from '../task.js';
import { BestClass, type DetectionFormat } from './format.js';

/** The parts of a `boxes` description that say how to read; thresholds are elsewhere. */
export type BoxesDescription = Pick<BoxesOutput, 'boxes' | 'scores' | 'classes' | 'count' | 'nms'>;

/** TensorFlow's Object Detection API. Source: its export_inference_graph.py; classes count from 1. */
export const SSD: BoxesDescription = {
  boxes: { name: 'detection_boxes', type: 'yxyx', units: 'relative' },
  scores: { name: 'detection_scores', activation: 'none' },
  classes: { name: 'detection_classes', offset: 1 },
  count: { name: 'num_detections' },
  nms: false,
};

/** One image's part of an output: `rows × width` values from `start`. */
interface Table {
  readonly data: TensorData;
  readonly start: number;
  readonly rows: number;
  readonly width: number;
}

/** Leading dimensions beyond rows and columns are the batch, or 1. */
function boxTable({ dims, data }: Tensor, index: number, batch: number): Table {
  const width = dims.at(-1) ?? 0;
  return { data, start: (index * data.length) / batch, rows: dims.at(-2) ?? 0, width };
}

/** An output with one row per box; a missing last dimension is one column. */
function tableLike(boxes: Table, { data }: Tensor, index: number, batch: number): Table {
  const values = data.length / batch;
  return { data, start: index * values, rows: boxes.rows, width: values / boxes.rows };
}

type Read4 = (data: TensorData, at: number) => [x0: number, y0: number, x1: number, y1: number];

const at4 = (data: TensorData, at: number): [number, number, number, number] => [
  Number(data[at]),
  Number(data[at + 1]),
  Number(data[at + 2]),
  Number(data[at + 3]),
];

const CORNERS: Readonly<Record<BoxesOutput['boxes']['type'], Read4>> = {
  xyxy: at4,
  yxyx: (data, at) => {
    const [y0, x0, y1, x1] = at4(data, at);
    return [x0, y0, x1, y1];
  },
  cxcywh: (data, at) => {
    const [cx, cy, w, h] = at4(data, at);
    return [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2];
  },
};

/** Names in the model file. */
interface Names {
  readonly boxes: string;
  readonly scores: string;
  readonly classes: string | undefined;
  readonly count: string | undefined;
}

/** The tables that one image's boxes are read from. */
interface Tables {
  readonly boxes: Table;
  readonly scores: Table;
  readonly classes: Table | null;
  /** Rows that hold something. */
  readonly filled: number;
}

class BoxesFormat implements DetectionFormat {
  readonly outputNames: readonly string[];
  readonly scores: string;
  readonly nms: boolean;
  readonly #task: TaskModel;
  readonly #settings: BoxesDescription;
  readonly #names: Names;
  readonly #best: BestClass;

  constructor(task: TaskModel, settings: BoxesDescription) {
    const { boxes, scores, classes, count } = settings;
    this.#task = task;
    this.#settings = settings;
    this.#names = {
      boxes: outputName(task, boxes.name, 'output.boxes.name'),
      scores: outputName(task, scores.name, 'output.scores.name'),
      classes: classes && outputName(task, classes.name, 'output.classes.name'),
      count: count && outputName(task, count.name, 'output.count.name'),
    };
    this.#best = new BestClass(scores.activation, scores.background);
    this.outputNames = [...new Set(Object.values(this.#names).filter((name) => name !== undefined))];
    this.scores = this.#names.scores;
    this.nms = settings.nms;
  }

  check(outputs: Outputs, batch: number): void {
    check(this.#task, this.#settings, this.#names, outputs, batch);
    for (let index = 0; index < batch; index++) this.#checkValues(outputs, index, batch);
  }

  /** Looks at what a warm-up run found: confidences, and classes that have a label. */
  #checkValues(outputs: Outputs, index: number, batch: number): void {
    const tables = this.#tables(outputs, index, batch);
    if (!tables) return;
    const { model } = this.#task;
    const { activation } = this.#settings.scores;
    const field = model.output.format === 'boxes' ? 'output.scores.activation' : 'output.format';
    const advice =
      'these are raw scores; say what makes them probabilities, with "scores": { "activation": … } of "boxes"';
    for (let row = 0; row < tables.filled; row++) {
      const scores = this.#scoresOf(tables, row);
      if (activation === 'none') checkConfidences(model, field, this.scores, scores, advice);
      // A row that is filled up with nothing has no score; what its class says means nothing either.
      if (tables.classes && Math.max(...scores) > 0)
        checkLabel(model, this.#names.classes as string, this.#label(tables.classes, row));
    }
  }

  #scoresOf({ scores, classes }: Tables, row: number): number[] {
    const column = this.#settings.scores.column ?? 0;
    const length = classes ? 1 : scores.width - column;
    const start = scores.start + row * scores.width + column;
    return Array.from({ length }, (_, at) => Number(scores.data[start + at]));
  }

  read(outputs: Outputs, index: number, batch: number, threshold: number): Candidate[] {
    const tables = this.#tables(outputs, index, batch);
    if (!tables) return [];
    const { scores, classes } = tables;
    const column = this.#settings.scores.column ?? 0;
    const count = classes ? 1 : scores.width - column;
    const best = this.#best;
    const found: Candidate[] = [];
    for (let row = 0; row < tables.filled; row++) {
      if (!best.find(scores.data, scores.start + row * scores.width + column, 1, count))
        throw new NotNumbers(this.#names.scores);
      if (best.score < threshold) continue;
      const label = classes ? this.#label(classes, row) : best.label;
      if (Number.isNaN(label)) throw new NotNumbers(this.#names.classes as string);
      const corners = this.#corners(tables.boxes, row);
      if (label >= 0) found.push({ ...corners, score: best.score, label }); // below: the background, by a number
    }
    return found;
  }

  #tables(outputs: Outputs, index: number, batch: number): Tables | null {
    const { boxes: boxesName, scores, classes, count } = this.#names;
    const boxes = boxTable(output(outputs, boxesName), index, batch);
    if (boxes.rows === 0) return null;
    const counts = count ? output(outputs, count).data : null;
    return {
      boxes,
      scores: tableLike(boxes, output(outputs, scores), index, batch),
      classes: classes ? tableLike(boxes, output(outputs, classes), index, batch) : null,
      filled: counts ? Math.min(boxes.rows, Number(counts[Math.min(index, counts.length - 1)])) : boxes.rows,
    };
  }

  /** NaN for what is no number. */
  #label(classes: Table, row: number): number {
    const { column = 0, offset } = this.#settings.classes as NonNullable<BoxesDescription['classes']>;
    const label = Number(classes.data[classes.start + row * classes.width + column]) - offset;
    return Number.isFinite(label) ? Math.round(label) : Number.NaN;
  }

  #corners(boxes: Table, row: number): Corners {
    const { type, units, column = 0 } = this.#settings.boxes;
    const [x0, y0, x1, y1] = CORNERS[type](boxes.data, boxes.start + row * boxes.width + column);
    if (!Number.isFinite(x0 + y0 + x1 + y1)) throw new NotNumbers(this.#names.boxes);
    const [scaleX, scaleY] = units === 'relative' ? [this.#task.width, this.#task.height] : [1, 1];
    return { x0: x0 * scaleX, y0: y0 * scaleY, x1: x1 * scaleX, y1: y1 * scaleY };
  }
}

/** Reads detections as a manifest describes them. @throws ManifestProblem when it names no output of the file */
export function createBoxes(task: TaskModel, settings: BoxesDescription): DetectionFormat {
  return new BoxesFormat(task, settings);
}

function check(
  task: TaskModel,
  settings: BoxesDescription,
  names: Names,
  outputs: Outputs,
  batch: number,
): void {
  const { model } = task;
  const file = path.basename(model.file);
  const tensor = output(outputs, names.boxes);
  const describe = (name: string) =>
    `output "${name}" of ${file} is ${shapeText(output(outputs, name).dims)}`;
  const boxes = boxTable(tensor, 0, batch);
  if (tensor.dims.length < 2 || boxes.width < 4 + (settings.boxes.column ?? 0))
    throw new ManifestProblem(model, 'output.boxes', `needs four columns, but ${describe(names.boxes)}`);
  if (boxes.rows === 0) return; // found nothing on a gray image: the rest shows itself with the first box
  if (tensor.data.length !== batch * boxes.rows * boxes.width) {
    const text = `${batch} images went in, but ${describe(names.boxes)}`;
    throw new ManifestProblem(model, 'output.boxes', text);
  }
  const sized = { scores: names.scores, ...(names.classes && { classes: names.classes }) };
  for (const [field, name] of Object.entries(sized)) {
    const { width } = tableLike(boxes, output(outputs, name), 0, batch);
    if (!Number.isInteger(width) || width === 0)
      throw new ManifestProblem(model, `output.${field}`, `${boxes.rows} boxes, but ${describe(name)}`);
  }
  if (settings.classes) return;
  const { width } = tableLike(boxes, output(outputs, names.scores), 0, batch);
  const background = settings.scores.background === undefined ? 0 : 1;
  const classes = width - (settings.scores.column ?? 0) - background;
  if (classes !== model.labels.length) {
    const text = `${model.labels.length} labels, but ${describe(names.scores)}: ${classes} classes${background ? ' without the background' : ''}`;
    throw new ManifestProblem(model, 'labels', text);
  }
}
