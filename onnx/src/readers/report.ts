import type { Dimension, Shape } from '../graph/graph.js';

/** What the last operation of an output makes of its values. */
export type LastActivation = 'softmax' | 'sigmoid' | 'none';

export interface ReportedInput {
  readonly name: string;
  /** As the converted file wants it, batch first. */
  readonly shape: Shape;
  readonly layout: 'NHWC' | 'NCHW' | 'other';
  /** Null where the size is free. */
  readonly height: Dimension;
  readonly width: Dimension;
  readonly channels: Dimension;
}

export interface ReportedOutput {
  readonly name: string;
  readonly shape: Shape;
  readonly activation: LastActivation;
}

/** A layer at the start of the network that prepares pixels, with its settings as the file has them. */
export interface PreprocessingLayer {
  readonly name: string;
  readonly className: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Levels from 0 to 255 are multiplied by `scale`. */
export interface ReportedPixels {
  readonly channels: 'rgb' | 'gray';
  readonly scale: number;
  readonly resize: 'stretch';
}

/** One row per box: centre, width and height, objectness, a probability per class. */
export interface ReportedDetection {
  readonly rows: 'cxcywh-objectness-classes';
  readonly units: 'relative';
  readonly classes: number;
}

/** What a file says, beyond what the converted file holds. */
export interface ConversionReport {
  /** Kind of file: `keras`, `keras-h5`, `tfjs-layers`, `tfjs-graph`, `darknet`. */
  readonly format: string;
  /** For people, with the version that wrote the file: `Keras 3.15.1 (.keras)`. */
  readonly dialect: string;
  /** Name that the file gives its network. */
  readonly name: string;
  /** Layers of the file (operations, where it has no layers), those of nested models included. */
  readonly layers: number;
  /** Numbers among the weights that were read. */
  readonly parameters: number;
  readonly inputs: readonly ReportedInput[];
  readonly outputs: readonly ReportedOutput[];
  readonly preprocessing: readonly PreprocessingLayer[];
  /** How the format's own library prepares pixels, where that is fixed. */
  readonly pixels?: ReportedPixels;
  /** What the rows of the only output are, where the network detects objects. */
  readonly detection?: ReportedDetection;
  /** Names of the classes in their order, where the file holds them. */
  readonly classNames?: readonly string[];
  /** Sentences about what was left out or taken for granted. */
  readonly notes: readonly string[];
}
