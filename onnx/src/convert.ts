/** Model files of other libraries to ONNX. */
import { darknetReader } from './darknet/reader.js';
import { ConversionError, DamagedFileError } from './errors.js';
import { alignChannels } from './graph/align-channels.js';
import { writeGraph } from './graph/file.js';
import { kerasReader } from './keras/reader.js';
import type { ModelFiles, Reader } from './readers/reader.js';
import type { ConversionReport } from './readers/report.js';
import { tfjsReader } from './tfjs/reader.js';

/** Asked in this order; the first that recognises the files reads them. */
const READERS: readonly Reader[] = [kerasReader, darknetReader, tfjsReader];

export interface Converted {
  readonly onnx: Uint8Array;
  readonly report: ConversionReport;
}

/** The reader for these files, or undefined. */
export function readerFor(files: ModelFiles): Reader | undefined {
  return READERS.find((reader) => reader.recognizes(files));
}

/**
 * Converts a model to ONNX.
 * @param files the model's files by name, such as `model.keras`, or `model.json` and its shards
 * @throws ConversionError with one sentence: not a known format, damaged, or with a part that cannot be converted
 */
export async function convert(files: ModelFiles): Promise<Converted> {
  const reader = readerFor(files);
  if (!reader)
    throw new ConversionError(
      `${[...files.keys()].join(', ') || 'Nothing'} is not a model file that can be converted to ONNX.`,
    );
  try {
    const { graph, report } = await reader.read(files);
    alignChannels(graph);
    return { onnx: writeGraph(graph), report };
  } catch (error) {
    if (error instanceof ConversionError) throw error;
    // Damaged bytes can break any part of a parser: a stack that overflows, an offset beyond the file, a trap in WASM.
    throw new DamagedFileError(`The file cannot be read as ${reader.name}: it is damaged or was cut off.`, {
      cause: error,
    });
  }
}
