import type { Graph } from '../graph/graph.js';
import type { ConversionReport } from './report.js';

/** A model's files by name, without folders. */
export type ModelFiles = ReadonlyMap<string, Uint8Array>;

export interface ReadModel {
  readonly graph: Graph;
  readonly report: ConversionReport;
}

/** Turns the files of one format into a graph. */
export interface Reader {
  /** For messages: `Keras (.keras)`. */
  readonly name: string;
  /** Says by names and first bytes whether the files are this reader's. Never throws. */
  recognizes(files: ModelFiles): boolean;
  /** @throws ConversionError with one sentence */
  read(files: ModelFiles): Promise<ReadModel>;
}
