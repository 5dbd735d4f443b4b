/** What the outputs of a network mean, by their names and shapes, and by what came out for an image of noise. */
import { type Given, IncompleteManifest } from './draft.js';
import type { ModelFacts, OutputFacts, Sizes } from './facts.js';
import { ultralyticsOf } from './ultralytics.js';

export interface OutputGuess {
  readonly task: 'classification' | 'detection' | 'segmentation';
  /** The manifest's `output`. */
  readonly output: Given & { readonly format: string };
  readonly reason: string;
  /** How many labels there must be; null where no shape tells. */
  readonly classes: number | null;
}

/** Known to an output: what else may be asked while it is read. */
interface Asked {
  readonly facts: ModelFacts;
  readonly width: number | null;
  readonly height: number | null;
}

/** Where classes of detectors count from 1, and where boxes lie beside them, is told by the names of exporters. */
function byNames({ facts: { outputs } }: Asked): OutputGuess | null {
  const named = (name: string) => outputs.find((output) => output.name.replace(/:0$/, '') === name);
  if (named('detection_boxes') && named('detection_scores') && named('detection_classes'))
    return {
      task: 'detection',
      output: { format: 'ssd' },
      reason: "its outputs have the names of TensorFlow's Object Detection API",
      classes: null,
    };
  const logits = named('logits');
  if (named('pred_boxes') && logits) {
    const classes = logits.dims.at(-1) ?? null;
    return {
      task: 'detection',
      output: {
        format: 'boxes',
        boxes: { name: 'pred_boxes', type: 'cxcywh', units: 'relative' },
        scores: {
          name: 'logits',
          activation: 'softmax',
          ...(classes ? { background: classes - 1 } : {}),
        },
      },
      reason: 'its outputs have the names of DETR',
      classes: classes ? classes - 1 : null,
    };
  }
  if (!named('boxes') || !named('labels') || !named('scores')) return null;
  return {
    task: 'detection',
    output: {
      format: 'boxes',
      boxes: { name: 'boxes', type: 'xyxy', units: 'pixels' },
      scores: { name: 'scores' },
      classes: { name: 'labels', offset: 1 },
    },
    reason: "its outputs have the names of torchvision's detectors, which count classes from 1",
    classes: null,
  };
}

const STRIDES = [8, 16, 32];
/** Rows of detectors that suppress overlaps themselves: corners, score, class. */
const END_TO_END = 6;
const MOST_END_TO_END = 1000;
/** Boxes relative to the input are no larger than this, even in noise. */
const RELATIVE_MOST = 4;

const shapeText = (dims: Sizes) => `[${dims.map((size) => size ?? '?').join(', ')}]`;

function cellsOf({ width, height }: Asked): number | null {
  if (!width || !height) return null;
  return STRIDES.reduce((sum, stride) => sum + Math.floor(width / stride) * Math.floor(height / stride), 0);
}

const unitsOf = ({ measured }: OutputFacts) =>
  measured && measured.most <= RELATIVE_MOST ? { units: 'relative' } : {};

/** One output `[n, a, b]` of a detector. @param coefficients values per row that belong to masks */
function rows(asked: Asked, output: OutputFacts, coefficients = 0): OutputGuess | null {
  const [, a = null, b = null] = output.dims;
  const shape = `output "${output.name}" is ${shapeText(output.dims)}`;
  const segments = coefficients > 0;
  const guess = (format: string, reason: string, classes: number, more: Given = {}): OutputGuess => ({
    task: segments ? 'segmentation' : 'detection',
    output: { format: segments ? `${format}-seg` : format, name: output.name, ...more },
    reason: `${shape}: ${reason}`,
    classes: classes - coefficients,
  });
  if (b === END_TO_END && !segments && (a === null || a <= MOST_END_TO_END))
    return { ...endToEnd(output, shape), classes: null };
  if (a !== null && a > 4 + coefficients && (b === null || a < b))
    return guess('yolov8', 'a column per box, as YOLOv8 and later have it', a - 4, unitsOf(output));
  if (b === null || b <= 5 + coefficients || (a !== null && a <= b)) return null;
  if (a !== null && a === cellsOf(asked) && !segments)
    return guess('yolox', 'a row for each place of strides 8, 16 and 32, as YOLOX has it', b - 5);
  return guess('yolov5', 'a row per box, as YOLOv5 has it', b - 5, unitsOf(output));
}

function endToEnd({ name }: OutputFacts, shape: string): Omit<OutputGuess, 'classes'> {
  return {
    task: 'detection',
    output: {
      format: 'boxes',
      boxes: { name, type: 'xyxy', units: 'pixels' },
      scores: { name, column: 4 },
      classes: { name, column: 5 },
    },
    reason: `${shape}: corners, score and class of boxes without overlaps, as YOLOv10 and exports with nms=True have it`,
  };
}

function detector(asked: Asked): OutputGuess | null {
  const { outputs, darknetClasses } = asked.facts;
  if (darknetClasses !== null)
    return {
      task: 'detection',
      output: { format: 'yolov5', units: 'relative' },
      reason: 'darknet decodes boxes inside the network, relative to the image',
      classes: darknetClasses,
    };
  const flat = outputs.filter(({ dims }) => dims.length === 3);
  const [prototypes] = outputs.filter(({ dims }) => dims.length === 4);
  const [only] = flat;
  if (!only || flat.length > 1) return null;
  if (outputs.length === 1) return rows(asked, only);
  const masks = prototypes?.dims[1];
  if (outputs.length !== 2 || !prototypes || !masks) return null;
  const found = rows(asked, only, masks);
  return found && { ...found, output: { ...found.output, prototypes: prototypes.name } };
}

function semantic({ facts: { outputs } }: Asked): OutputGuess | null {
  const [output] = outputs.filter(
    ({ dims: [, a, b, c] }) => [a, b, c].filter((size) => size !== 1).length === 3,
  );
  if (output?.dims.length !== 4 || outputs.length > 2) return null;
  const [, a = null, b = null, c = null] = output.dims;
  const first = c === null || (a !== null && b !== null && a <= b && a <= c);
  const activated = output.activation === 'softmax' || isProbable(output);
  return {
    task: 'segmentation',
    output: {
      format: 'semantic',
      name: output.name,
      layout: first ? 'nchw' : 'nhwc',
      activation: activated ? 'none' : 'softmax',
    },
    reason: `output "${output.name}" is ${shapeText(output.dims)}: a score per class and place`,
    classes: first ? a : c,
  };
}

const isProbable = ({ measured }: OutputFacts) =>
  measured !== null && measured.least >= 0 && measured.most <= 1.0001;

/** Values per image of something that may be the scores of classes; null: it is something else, or its size is free. */
function scoresOf({ dims }: OutputFacts): number | null {
  const [classes, ...rest] = dims.length === 1 ? dims : dims.slice(1);
  return rest.every((size) => size === 1) ? (classes ?? null) : null;
}

function formatOf(output: OutputFacts): { readonly format: string; readonly reason: string } {
  const { activation, measured } = output;
  if (activation === 'softmax' || activation === 'sigmoid')
    return { format: 'probabilities', reason: `the network ends in a ${activation}` };
  const sums = measured !== null && isProbable(output) && Math.abs(measured.sum - 1) < 1e-3;
  if (sums)
    return { format: 'probabilities', reason: 'what came out for noise is from 0 to 1, and 1 in all' };
  if (activation === 'none')
    return { format: 'logits', reason: 'the network ends without softmax or sigmoid' };
  return { format: 'logits', reason: 'what came out for noise is not from 0 to 1 with a sum of 1' };
}

function classifier({ facts }: Asked, labels: number | null, name: unknown): OutputGuess | null {
  const scores = facts.outputs.filter((output) => scoresOf(output) !== null);
  const named = facts.outputs.filter((output) => output.name === name);
  const fitting = scores.filter((output) => scoresOf(output) === labels);
  const [output] = [named, fitting, scores].find((found) => found.length === 1) ?? [];
  const values = output && scoresOf(output);
  if (!output || !values) return null;
  const { format, reason } = formatOf(output);
  const one = values === 1 ? ', and its one value is the probability of the second of two classes' : '';
  return {
    task: 'classification',
    output: { format, name: output.name },
    reason: `output "${output.name}" is ${shapeText(output.dims)}; ${reason}${one}`,
    classes: values === 1 ? 2 : values,
  };
}

const ULTRALYTICS_TASKS: Readonly<Record<string, OutputGuess['task']>> = {
  detect: 'detection',
  segment: 'segmentation',
  classify: 'classification',
};

function refuseTask(task: string | null | undefined): void {
  if (!task || ULTRALYTICS_TASKS[task]) return;
  const known = Object.keys(ULTRALYTICS_TASKS).join(', ');
  throw new IncompleteManifest(
    'task',
    `the file was exported for "${task}", which cannot be served; ${known} can`,
  );
}

/**
 * What a model's outputs mean.
 * @param given the manifest's `task` and the name of an output, where it has them
 * @param labels how many labels are known; null: none
 * @throws IncompleteManifest naming what the outputs are when they are like nothing that is known
 */
export function guessOutput(
  asked: Asked,
  given: { readonly task?: unknown; readonly name?: unknown },
  labels: number | null,
): OutputGuess {
  const { facts } = asked;
  refuseTask(ultralyticsOf(facts)?.task);
  const readings = [
    () => byNames(asked),
    () => classifier(asked, labels, given.name),
    () => detector(asked),
    () => semantic(asked),
  ];
  for (const read of readings) {
    const found = read();
    if (found && (given.task === undefined || given.task === found.task)) return found;
  }
  throw new IncompleteManifest('output', `must be given: ${facts.unread ?? unknown(facts, given.task)}`);
}

function unknown({ file, outputs }: ModelFacts, task: unknown): string {
  const shapes = outputs.map(({ name, dims }) => `"${name}" ${shapeText(dims)}`).join(', ');
  const what = task === undefined ? 'nothing that is known' : `no ${String(task)} that is known`;
  const advice = outputs.length > 1 ? '; name one as output.name' : '';
  return `the outputs of ${file} are ${shapes}, like ${what}${advice}`;
}
