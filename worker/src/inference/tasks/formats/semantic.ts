/**
 * A score per class and place (DeepLab, U-Net, SegFormer, torchvision's fcn and lraspp), or the number of the class
 * itself where the model ends in ArgMax. Scores are sampled linearly between places before the best class is chosen,
 * as torchvision's and DeepLab's own evaluation does.
 */
import path from 'node:path';
import type { SemanticOutput } from '@scry/shared/tasks/segmentation/formats';
import type { Geometry } from '../../../imaging/geometry.js';
import { ManifestProblem, shapeText } from '../../../models/manifest-problem.js';
import type { Outputs, Tensor } from '../../engines/engine.js';
import { type MaskGrid, maskGrid, type Taps, taps } from '../mask-grid.js';
import { NotNumbers } from '../refused-output.js';
import { output, outputName, type TaskModel } from '../task.js';

/** What one class covers. */
export interface ClassArea {
  readonly label: number;
  /** Mean probability of the class over its cells. */
  readonly confidence: number;
  readonly cells: number;
  /** Rows × columns of the grid, 1 where the class is. */
  readonly mask: Uint8Array;
}

export interface SemanticFormat {
  readonly outputNames: readonly string[];
  readonly check: (outputs: Outputs, batch: number) => void;
  /** Classes that cover at least one cell. @throws NotNumbers */
  read(outputs: Outputs, index: number, batch: number, geometry: Geometry): ClassArea[];
}

/** How one image's values lie. `classes` is 1 where the output holds class numbers. */
interface Layout {
  readonly rows: number;
  readonly columns: number;
  readonly classes: number;
  readonly classStep: number;
  readonly placeStep: number;
}

/** @returns null when the shape is none of those that are read */
function layoutOf({ dims }: Tensor, labels: number, asked: SemanticOutput['layout']): Layout | null {
  const [, ...shape] = dims;
  const sizes = shape.length === 2 ? [1, ...shape] : shape;
  const [a, b, c] = sizes;
  if (sizes.length !== 3 || a === undefined || b === undefined || c === undefined) return null;
  if (asked !== 'nhwc' && (a === labels || a === 1))
    return { classes: a, rows: b, columns: c, classStep: b * c, placeStep: 1 };
  if (asked !== 'nchw' && (c === labels || c === 1))
    return { classes: c, rows: a, columns: b, classStep: 1, placeStep: c };
  return null;
}

/** Scores of one cell, one place after the other. */
function sample(
  { data }: Tensor,
  start: number,
  layout: Layout,
  vertical: Taps,
  horizontal: Taps,
  into: Float64Array,
) {
  const { columns, classStep, placeStep, classes } = layout;
  return (row: number, column: number): Float64Array => {
    const [y0, y1] = [vertical.first[row] as number, vertical.second[row] as number];
    const [x0, x1] = [horizontal.first[column] as number, horizontal.second[column] as number];
    const [dy, dx] = [vertical.weight[row] as number, horizontal.weight[column] as number];
    const at = (y: number, x: number) => start + (y * columns + x) * placeStep;
    const [a, b, c, d] = [at(y0, x0), at(y0, x1), at(y1, x0), at(y1, x1)];
    for (let label = 0; label < classes; label++) {
      const step = label * classStep;
      const top = Number(data[a + step]) * (1 - dx) + Number(data[b + step]) * dx;
      const bottom = Number(data[c + step]) * (1 - dx) + Number(data[d + step]) * dx;
      into[label] = top * (1 - dy) + bottom * dy;
    }
    return into;
  };
}

/** The best class of one cell and its probability. */
function bestOf(scores: Float64Array, activation: SemanticOutput['activation']): [number, number] {
  let label = 0;
  for (let index = 1; index < scores.length; index++)
    if ((scores[index] as number) > (scores[label] as number)) label = index;
  const best = scores[label] as number;
  if (activation === 'none') return [label, best];
  if (activation === 'sigmoid') return [label, 1 / (1 + Math.exp(-best))];
  let sum = 0;
  for (const score of scores) sum += Math.exp(score - best);
  return [label, 1 / sum];
}

/** @throws ManifestProblem when the manifest names no output of the file */
export function createSemantic(task: TaskModel, settings: SemanticOutput): SemanticFormat {
  const name = outputName(task, settings.name, 'output.name');
  const labels = task.model.labels.length;

  const cellOf = (tensor: Tensor, layout: Layout, start: number, geometry: Geometry, grid: MaskGrid) => {
    const { x, y, width, height } = geometry;
    const vertical = taps(grid.rows, y, height, task.height, layout.rows);
    const horizontal = taps(grid.columns, x, width, task.width, layout.columns);
    if (layout.classes > 1) {
      const scores = sample(tensor, start, layout, vertical, horizontal, new Float64Array(layout.classes));
      return (row: number, column: number) => bestOf(scores(row, column), settings.activation);
    }
    const nearest = ({ first, second, weight }: Taps, cell: number) =>
      (weight[cell] as number) < 0.5 ? (first[cell] as number) : (second[cell] as number);
    return (row: number, column: number): [number, number] => {
      const place = nearest(vertical, row) * layout.columns + nearest(horizontal, column);
      return [Number(tensor.data[start + place]), 1];
    };
  };

  return {
    outputNames: [name],
    check: (outputs) => check(task, settings, name, output(outputs, name)),
    read(outputs, index, batch, geometry) {
      const tensor = output(outputs, name);
      const layout = layoutOf(tensor, labels, settings.layout) as Layout; // checked when the model was loaded
      const grid = maskGrid(geometry);
      const cell = cellOf(tensor, layout, (index * tensor.data.length) / batch, geometry, grid);
      const areas = new Map<number, { sum: number; cells: number; mask: Uint8Array }>();
      for (let row = 0; row < grid.rows; row++) {
        for (let column = 0; column < grid.columns; column++) {
          const [label, probability] = cell(row, column);
          if (!Number.isFinite(probability) || !(label >= 0 && label < labels)) throw new NotNumbers(name);
          if (label === settings.background) continue;
          let area = areas.get(label);
          if (!area) {
            area = { sum: 0, cells: 0, mask: new Uint8Array(grid.rows * grid.columns) };
            areas.set(label, area);
          }
          area.sum += probability;
          area.cells++;
          area.mask[row * grid.columns + column] = 1;
        }
      }
      return [...areas].map(([label, { sum, cells, mask }]) => ({
        label,
        confidence: sum / cells,
        cells,
        mask,
      }));
    },
  };
}

function check(task: TaskModel, settings: SemanticOutput, name: string, tensor: Tensor): void {
  const { model } = task;
  if (layoutOf(tensor, model.labels.length, settings.layout)) return;
  const text = `"semantic" with ${model.labels.length} labels needs [n, ${model.labels.length}, rows, columns] or [n, rows, columns], but output "${name}" of ${path.basename(model.file)} is ${shapeText(tensor.dims)}`;
  throw new ManifestProblem(model, 'labels', text);
}
