/** Model files of other libraries to ONNX. */
import { darknetReader } from './darknet/reader.js';
import { ConversionError, DamagedFileError } from './errors.js';
import { alignChannels } from './graph/align-channels.js';
import { writeGraph } from './graph/file.js';
import { kerasReader } from './keras/reader.js';
import { KERAS, looksLikeOnnx, otherFormatOf } from './readers/other-format.js';
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

/** Files of weights alone may begin with any bytes, except those that are text instead. */
const isNumbers = (name: string, [first]: Uint8Array) =>
  !/\.(keras|h5|hdf5|json|cfg)$/i.test(name) && first !== 0x76 && first !== 0x3c;

/** What files are that no reader knows. */
function unknown(files: ModelFiles): string {
  const [[name, bytes] = ['', new Uint8Array()]] = files;
  if (name === '') return 'No model file was given.';
  if (looksLikeOnnx(bytes)) return `${name} is an ONNX file already.`;
  const other = otherFormatOf(bytes);
  if (other === KERAS) return `${name} is a Keras file; give it its own ending, .keras or .h5.`;
  if (other !== null) return `${name} is ${other}.`;
  return `${name} is not a model file that can be converted to ONNX; it should end in .keras, .h5, .hdf5, .json (TensorFlow.js) or .cfg (darknet).`;
}

/**
 * Converts a model to ONNX.
 * @param files the model's files by name, such as `model.keras`, or `model.json` and its shards
 * @throws ConversionError with one sentence: not a known format, damaged, or with a part that cannot be converted
 */
export async function convert(files: ModelFiles): Promise<Converted> {
  const reader = readerFor(files);
  if (!reader) throw new ConversionError(unknown(files));
  for (const [name, bytes] of files) {
    const other = isNumbers(name, bytes) ? null : otherFormatOf(bytes);
    if (other !== null && other !== KERAS) throw new DamagedFileError(`${name} is ${other}.`);
  }
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
