/** Darknet's .cfg and .weights as an ONNX graph: YOLOv2 to v4, their tiny versions and classifiers. */
import { ConversionError, quote } from '../errors.js';
import { GraphBuilder } from '../graph/builder.js';
import { emptyGraph } from '../graph/graph.js';
import { int } from '../proto/attribute.js';
import { sizeOf as elements } from '../proto/tensor.js';
import type { ModelFiles, Reader, ReadModel } from '../readers/reader.js';
import type { ConversionReport, LastActivation } from '../readers/report.js';
import { readCfg, type Section } from './cfg.js';
import { LAYERS } from './layers.js';
import type { Network } from './network.js';
import { WeightsReader } from './weights.js';

const MOST_PIXELS_A_SIDE = 8192;

/** Layers that change nothing, so that the one before them is the last that counts. */
const SILENT = new Set(['dropout', 'cost', 'empty', 'silence']);

function networkOf(net: Section, weights: WeightsReader): { network: Network; image: string } {
  const size = (key: string, most: number) => net.int(key, 0, 1, most);
  const input = {
    c: net.has('channels') ? size('channels', 64) : 3,
    h: size('height', MOST_PIXELS_A_SIDE),
    w: size('width', MOST_PIXELS_A_SIDE),
  };
  const builder = new GraphBuilder(emptyGraph('darknet'));
  const image = builder.input('image', 'float32', ['batch', input.c, input.h, input.w]);
  return { network: { builder, weights, input, outputs: [], boxes: [] }, image };
}

function addLayers(network: Network, sections: readonly Section[], image: string): string {
  let x = image;
  for (const section of sections) {
    const build = LAYERS.get(section.kind);
    if (!build)
      throw new ConversionError(`${section.name} cannot be converted: ${quote(section.kind)} is not known.`);
    x = build(network, section, x);
    network.outputs.push(x);
  }
  return x;
}

/** All boxes in one output, or what the last layer gives. */
function addOutput(network: Network, last: string): string {
  const { builder, boxes } = network;
  if (boxes.length === 0) {
    const flat = builder.node('Flatten', [last], { axis: int(1) });
    return builder.output(flat, 'output');
  }
  if (new Set(boxes.map(({ classes }) => classes)).size > 1)
    throw new ConversionError(
      'The detection layers have different numbers of classes, which cannot be joined.',
    );
  const names = boxes.map(({ name }) => name);
  const all = names.length === 1 ? (names[0] as string) : builder.node('Concat', names, { axis: int(1) });
  return builder.output(all, 'detections');
}

function lastActivation(sections: readonly Section[]): LastActivation {
  const last = sections.findLast(({ kind }) => !SILENT.has(kind));
  if (last?.kind === 'softmax' || last?.kind === 'soft') return 'softmax';
  return last?.text('activation', 'linear') === 'logistic' ? 'sigmoid' : 'none';
}

function notesOf({ weights }: Network): string[] {
  if (weights.left === 0) return [];
  return [`The .weights file holds ${weights.left} numbers more than the .cfg asks for; they were not read.`];
}

function report(network: Network, sections: readonly Section[], output: string): ConversionReport {
  const { builder, input, boxes } = network;
  const constants = [...builder.graph.initializers.entries()].filter(([name]) =>
    /_(weights|bias)$/.test(name),
  );
  const classes = boxes[0]?.classes;
  return {
    format: 'darknet',
    dialect: 'darknet (.cfg, .weights)',
    name: '',
    layers: sections.length,
    parameters: constants.reduce((sum, [, tensor]) => sum + elements(tensor.dims), 0),
    inputs: [
      {
        name: 'image',
        shape: ['batch', input.c, input.h, input.w],
        layout: 'NCHW',
        height: input.h,
        width: input.w,
        channels: input.c,
      },
    ],
    outputs: [
      { name: output, shape: builder.shape(output), activation: classes ? 'none' : lastActivation(sections) },
    ],
    preprocessing: [],
    pixels: { channels: input.c === 1 ? 'gray' : 'rgb', scale: 1 / 255, resize: 'stretch' },
    ...(classes ? { detection: { rows: 'cxcywh-objectness-classes', units: 'relative', classes } } : {}),
    notes: notesOf(network),
  };
}

/**
 * Converts a darknet network.
 * Input: `image` [batch, channels, height, width], RGB levels / 255, stretched. Output of detectors: `detections`
 * [batch, boxes, 5 + classes]: centre, width and height relative to the image, objectness, class probabilities.
 * @throws ConversionError with one sentence naming the layer
 */
export function readDarknet(cfg: string, weights: Uint8Array): ReadModel {
  const [net, ...sections] = readCfg(cfg) as [Section, ...Section[]];
  const { network, image } = networkOf(net, new WeightsReader(weights));
  const last = addLayers(network, sections, image);
  const output = addOutput(network, last);
  return { graph: network.builder.graph, report: report(network, sections, output) };
}

const ending = (files: ModelFiles, end: string) =>
  [...files].find(([name]) => name.toLowerCase().endsWith(end))?.[1];

export const darknetReader: Reader = {
  name: 'darknet (.cfg and .weights)',
  recognizes: (files) => ending(files, '.cfg') !== undefined || ending(files, '.weights') !== undefined,
  async read(files) {
    const cfg = ending(files, '.cfg');
    const weights = ending(files, '.weights');
    if (!cfg || !weights)
      throw new ConversionError(
        `A darknet network needs two files, .cfg and .weights; the ${cfg ? '.weights' : '.cfg'} file is missing.`,
      );
    return readDarknet(new TextDecoder().decode(cfg), weights);
  },
};
