/**
 * Darknet's detection layers, decoded inside the graph to [batch, boxes, 5 + classes]: centre, width and height relative
 * to the image, objectness, class probabilities. Sources: AlexeyAB/darknet src/yolo_layer.c, region_layer.c.
 */
import { ConversionError } from '../errors.js';
import { int } from '../proto/attribute.js';
import { float32, int64, scalar } from '../proto/tensor.js';
import type { Section } from './cfg.js';
import { type LayerBuilder, type Network, refuse, type Size, sizeOf } from './network.js';

interface Head {
  readonly size: Size;
  readonly classes: number;
  /** Width and height of each of this layer's anchors, relative to the image. */
  readonly anchors: readonly (readonly [number, number])[];
}

function headOf(network: Network, section: Section, x: string, anchors: Head['anchors']): Head {
  const classes = section.int('classes', 20, 1, 100_000);
  const size = sizeOf(network, x, section.name);
  const channels = anchors.length * (5 + classes);
  if (size.c !== channels)
    throw new ConversionError(
      `${section.name} wants ${anchors.length} × (5 + ${classes}) = ${channels} channels, but the layer before it has ${size.c}.`,
    );
  return { size, classes, anchors };
}

function anchorPairs(section: Section, otherwise: readonly number[] = []): [number, number][] {
  const given = section.numbers('anchors');
  const values = given.length > 0 ? given : otherwise;
  return Array.from({ length: Math.floor(values.length / 2) }, (_, index) => [
    values[2 * index] as number,
    values[2 * index + 1] as number,
  ]);
}

/** Where each position's cell begins, in cells: [1, 1, 2, h × w]. */
function cells({ h, w }: Size) {
  const values = new Float32Array(2 * h * w);
  for (let at = 0; at < h * w; at++) {
    values[at] = at % w;
    values[h * w + at] = Math.floor(at / w);
  }
  return float32(values, [1, 1, 2, h * w]);
}

interface Decoding {
  /** Whether the convolution before has done the logistic functions. */
  readonly activated: boolean;
  readonly scaleXY: number;
  readonly softmax: boolean;
}

function decode(network: Network, x: string, head: Head, how: Decoding): string {
  const { builder } = network;
  const { size, classes, anchors } = head;
  const positions = size.h * size.w;
  const constant = (values: readonly number[], dims: readonly number[]) =>
    builder.constant(float32(values, dims));
  const sigmoid = (value: string) => (how.activated ? value : builder.node('Sigmoid', [value]));
  const rows = builder.node('Reshape', [
    x,
    builder.constant(int64([0, anchors.length, 5 + classes, positions])),
  ]);
  const sizes = builder.constant(int64([2, 2, 1, classes]));
  const [xy, wh, objectness, scores] = builder.nodes('Split', [rows, sizes], { axis: int(2) }, 4) as [
    string,
    string,
    string,
    string,
  ];
  const scaled = builder.node('Mul', [sigmoid(xy), builder.constant(scalar(how.scaleXY))]);
  const begin = cells(size);
  const offsets = float32(
    (begin.data as Float32Array).map((value) => value - 0.5 * (how.scaleXY - 1)),
    begin.dims,
  );
  const moved = builder.node('Add', [scaled, builder.constant(offsets, 'cells')]);
  const centres = builder.node('Mul', [moved, constant([1 / size.w, 1 / size.h], [1, 1, 2, 1])]);
  const base = how.activated
    ? builder.node('Mul', [builder.node('Mul', [wh, wh]), builder.constant(scalar(4))])
    : builder.node('Exp', [wh]);
  const spans = builder.node('Mul', [base, constant(anchors.flat(), [1, anchors.length, 2, 1])]);
  const classScores = how.softmax ? builder.node('Softmax', [scores], { axis: int(2) }) : sigmoid(scores);
  const joined = builder.node('Concat', [centres, spans, sigmoid(objectness), classScores], { axis: int(2) });
  const ordered = builder.node('Transpose', [joined], { perm: { kind: 'ints', value: [0, 1, 3, 2] } });
  const shape = builder.constant(int64([0, anchors.length * positions, 5 + classes]));
  return builder.node('Reshape', [ordered, shape], {}, 'boxes');
}

/** YOLOv3 and later: anchors in pixels of the network's input, classes each for itself. */
export const yolo: LayerBuilder = (network, section, x) => {
  const all = anchorPairs(section);
  const mask = section.has('mask') ? section.numbers('mask') : all.map((_, index) => index);
  const { w, h } = network.input;
  const anchors = mask.map((index): [number, number] => {
    const anchor = all[index];
    if (!anchor)
      throw new ConversionError(
        `In ${section.name}, mask names anchor ${index}, but there are ${all.length}.`,
      );
    return [anchor[0] / w, anchor[1] / h];
  });
  const head = headOf(network, section, x, anchors);
  const how = {
    activated: section.int('new_coords', 0, 0, 1) === 1,
    scaleXY: section.number('scale_x_y', 1),
    softmax: false,
  };
  network.boxes.push({ name: decode(network, x, head, how), classes: head.classes });
  return x;
};

/** YOLOv2: anchors in cells, one class per box by softmax. */
export const region: LayerBuilder = (network, section, x) => {
  refuse(section, 'tree', 'map', 'background', 'bias_match_only');
  if (section.int('coords', 4) !== 4) throw new ConversionError(`In ${section.name}, coords must be 4.`);
  const { h, w } = sizeOf(network, x, section.name);
  const number = section.int('num', 1, 1, 1000);
  const anchors = anchorPairs(section, Array(2 * number).fill(0.5))
    .slice(0, number)
    .map(([width, height]): [number, number] => [width / w, height / h]);
  const head = headOf(network, section, x, anchors);
  const how = { activated: false, scaleXY: 1, softmax: section.int('softmax', 0, 0, 1) === 1 };
  network.boxes.push({ name: decode(network, x, head, how), classes: head.classes });
  return x;
};
