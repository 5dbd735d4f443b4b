/**
 * The YOLO family: one output, one row (or column) per anchor: centre, size, sometimes an objectness, class scores.
 * Sources: Ultralytics' exports (yolov8 and later; yolov5), Megvii's YOLOX (export_onnx.py, demo_utils.py).
 */
import path from 'node:path';
import type { DetectionOutput } from '@scry/shared/tasks/detection/formats';
import { ManifestProblem, shapeText } from '../../../models/manifest-problem.js';
import type { Outputs, Tensor } from '../../engines/engine.js';
import type { Candidate } from '../nms.js';
import { checkConfidences, NotNumbers } from '../refused-output.js';
import { output, outputName, type TaskModel } from '../task.js';
import { BestClass, type DetectionFormat, sigmoid } from './format.js';

type YoloOutput = Extract<DetectionOutput, { format: 'yolov8' | 'yolov5' | 'yolox' }> & {
  /** How many values follow the class scores of an anchor: weights of mask prototypes. */
  readonly coefficients?: (outputs: Outputs) => number;
};

/** How one image's values lie: value `v` of anchor `a` is at `a × anchorStep + v × valueStep`. */
interface Layout {
  readonly anchors: number;
  readonly anchorStep: number;
  readonly valueStep: number;
}

/** Where the grid cell of each anchor begins, in cells, and how many pixels it measures. */
interface Grid {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly stride: Float32Array;
}

/** YOLOX's anchors: for each stride in turn, the cells of its grid row by row. */
export function grid(width: number, height: number, strides: readonly number[]): Grid {
  const x: number[] = [];
  const y: number[] = [];
  const sizes: number[] = [];
  for (const stride of strides) {
    const columns = Math.floor(width / stride);
    const rows = Math.floor(height / stride);
    for (let cell = 0; cell < columns * rows; cell++) {
      x.push(cell % columns);
      y.push(Math.floor(cell / columns));
      sizes.push(stride);
    }
  }
  return { x: Float32Array.from(x), y: Float32Array.from(y), stride: Float32Array.from(sizes) };
}

type Corners = Pick<Candidate, 'x0' | 'y0' | 'x1' | 'y1'>;

/**
 * @returns a function that gives an anchor's box in pixels of the input; its values begin at `at`, `step` apart
 * @throws NotNumbers there, when the network gave none
 */
function boxReader({ width, height }: TaskModel, settings: YoloOutput, name: string, cells: Grid | null) {
  const relative = settings.format !== 'yolox' && settings.units === 'relative';
  const scaleX = relative ? width : 1;
  const scaleY = relative ? height : 1;
  return (data: Tensor['data'], at: number, step: number, anchor: number): Corners => {
    let cx = Number(data[at]);
    let cy = Number(data[at + step]);
    let w = Number(data[at + 2 * step]);
    let h = Number(data[at + 3 * step]);
    if (cells) {
      const stride = cells.stride[anchor] as number;
      cx = (cx + (cells.x[anchor] as number)) * stride;
      cy = (cy + (cells.y[anchor] as number)) * stride;
      w = Math.exp(w) * stride;
      h = Math.exp(h) * stride;
    }
    if (!Number.isFinite(cx + cy + w + h)) throw new NotNumbers(name);
    const [x, y, halfWidth, halfHeight] = [cx * scaleX, cy * scaleY, (w * scaleX) / 2, (h * scaleY) / 2];
    return { x0: x - halfWidth, y0: y - halfHeight, x1: x + halfWidth, y1: y + halfHeight };
  };
}

/** Reads yolov8 `[n, 4 + classes, anchors]`, yolov5 and yolox `[n, anchors, 5 + classes]`. */
export function createYolo(task: TaskModel, settings: YoloOutput): DetectionFormat {
  const { model } = task;
  const name = outputName(task, settings.name, 'output.name');
  const classes = model.labels.length;
  const objectness = settings.format !== 'yolov8';
  const before = objectness ? 5 : 4;
  const coefficientsIn = settings.coefficients ?? (() => 0);
  const { activation } = settings;
  /** Of objectness, which is never one of several. */
  const isRaw = activation !== 'none';
  const cells =
    settings.format === 'yolox' && !settings.decoded ? grid(task.width, task.height, settings.strides) : null;
  const best = new BestClass(activation);
  const boxOf = boxReader(task, settings, name, cells);

  const candidate = (
    data: Tensor['data'],
    at: number,
    step: number,
    anchor: number,
    extra: number,
  ): Candidate => ({
    ...boxOf(data, at, step, anchor),
    score: best.score,
    label: best.label,
    ...(extra > 0 && {
      coefficients: Float32Array.from({ length: extra }, (_, index) =>
        Number(data[at + (before + classes + index) * step]),
      ),
    }),
  });

  return {
    outputNames: [name],
    scores: name,
    nms: true,
    check(outputs) {
      const tensor = output(outputs, name);
      const values = before + classes + coefficientsIn(outputs);
      check(task, name, tensor, { values, either: !objectness }, cells?.stride.length ?? null);
      if (isRaw) return;
      const scores = scoresOf(tensor, layout(tensor, values, objectness), 4, before + classes);
      const advice =
        'these are raw scores; say what makes them probabilities, such as "activation": "sigmoid"';
      checkConfidences(model, 'output.activation', name, scores, advice);
    },
    read(outputs, index, batch, threshold) {
      const tensor = output(outputs, name);
      const { data } = tensor;
      const extra = coefficientsIn(outputs);
      const { anchors, anchorStep, valueStep } = layout(tensor, before + classes + extra, objectness);
      const start = (index * data.length) / batch;
      const found: Candidate[] = [];
      for (let anchor = 0; anchor < anchors; anchor++) {
        const at = start + anchor * anchorStep;
        let factor = 1;
        if (objectness) {
          const given = Number(data[at + 4 * valueStep]);
          factor = isRaw ? sigmoid(given) : given;
          if (factor < threshold) continue; // no class score is above 1
        }
        if (!best.find(data, at + before * valueStep, valueStep, classes) || Number.isNaN(factor))
          throw new NotNumbers(name);
        best.score *= factor;
        if (best.score >= threshold) found.push(candidate(data, at, valueStep, anchor, extra));
      }
      return found;
    },
  };
}

/** yolov8 exports for TensorFlow.js and TFLite come in either order: the length that the labels ask for tells. */
function layout({ dims }: Tensor, values: number, rows: boolean): Layout {
  const [, second = 0, third = 0] = dims;
  const planar = !rows && second === values;
  return planar
    ? { anchors: third, anchorStep: 1, valueStep: third }
    : { anchors: second, anchorStep: third, valueStep: 1 };
}

/** All objectness and class scores: of every anchor the values from `first` to before `end`. */
function* scoresOf(
  { data, dims }: Tensor,
  { anchors, anchorStep, valueStep }: Layout,
  first: number,
  end: number,
) {
  const imageValues = data.length / (dims[0] ?? 1);
  for (let start = 0; start < data.length; start += imageValues)
    for (let anchor = 0; anchor < anchors; anchor++)
      for (let value = first; value < end; value++)
        yield Number(data[start + anchor * anchorStep + value * valueStep]);
}

/** @param expected values per anchor, and whether anchors may come last (`either`) */
function check(
  task: TaskModel,
  name: string,
  tensor: Tensor,
  { values, either }: { readonly values: number; readonly either: boolean },
  cells: number | null,
): void {
  const { model } = task;
  const file = path.basename(model.file);
  const { format } = model.output;
  const { dims } = tensor;
  const fits = dims.length === 3 && (dims[2] === values || (either && dims[1] === values));
  if (!fits) {
    const expected = either ? `[n, ${values}, anchors]` : `[n, anchors, ${values}]`;
    const text = `"${format}" with ${model.labels.length} labels needs ${expected}, but output "${name}" of ${file} is ${shapeText(dims)}`;
    throw new ManifestProblem(model, 'output.format', text);
  }
  if (cells !== null && dims[1] !== cells) {
    const text = `these strides give ${cells} anchors at ${task.width} × ${task.height}, but output "${name}" of ${file} has ${dims[1]}`;
    throw new ManifestProblem(model, 'output.strides', text);
  }
}
