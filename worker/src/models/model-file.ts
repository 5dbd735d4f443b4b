/**
 * What people put where an ONNX or TensorFlow.js file belongs, told by its first bytes, and what they can do instead. Sources:
 * Git LFS's pointer specification, PKZIP, pickle protocol 2 (PEP 307), safetensors, TensorFlow Lite's schema ("TFL3"), HDF5.
 */
import { open, readdir, stat } from 'node:fs/promises';

const HEAD_BYTES = 4096;

const ULTRALYTICS = 'yolo export model=FILE format=onnx';
const LFS = 'a pointer of Git LFS, not the weights themselves; run "git lfs pull" where it was cloned';
const PYTORCH = `a PyTorch file; export it with torch.onnx.export(model, example, "model.onnx"), or with "${ULTRALYTICS}" where it comes from Ultralytics`;
const SAFETENSORS =
  'safetensors: weights without a network; load them in PyTorch and export the model with torch.onnx.export';
const TFLITE =
  'a TensorFlow Lite file; convert it with "python -m tf2onnx.convert --tflite FILE --output model.onnx"';
const SAVED_MODEL =
  'a TensorFlow SavedModel; convert it with "python -m tf2onnx.convert --saved-model FOLDER --output model.onnx"';
const KERAS =
  'a Keras file; give it its own ending, .keras or .h5, and leave "engine" out: it is converted when it is loaded';
const GRAPH_DEF =
  'a TensorFlow graph; convert it with "python -m tf2onnx.convert --graphdef FILE --output model.onnx" and its inputs and outputs';
const CORE_ML = 'a Core ML package; export the model it was made from as ONNX';
const WEB_PAGE = 'a web page: the download answered with a page instead of the file; download it again';

const text = (head: Buffer, start: number, end: number) => head.toString('latin1', start, end);

/** Zip archives that models come in. Names of entries stand in plain text before their contents. */
function archive(head: Buffer): string {
  const names = text(head, 0, head.length);
  if (/\.pkl|\/version|constants\.pkl/.test(names)) return PYTORCH;
  if (/config\.json|metadata\.json|model\.weights\.h5/.test(names)) return KERAS;
  if (/\.mlmodel|Manifest\.json/.test(names)) return CORE_ML;
  return 'a zip archive; unpack it into the folder of the model';
}

/** A file's kind when it is none that an engine reads; null when its first bytes look like one, or like nothing known. */
function kindOf(head: Buffer): string | null {
  if (head.length === 0) return 'empty; copy the file again';
  if (text(head, 0, 40).startsWith('version https://git-lfs')) return LFS;
  if (text(head, 0, 4) === 'PK\x03\x04') return archive(head);
  if (head[0] === 0x80 && (head[1] as number) >= 2 && (head[1] as number) <= 5) return PYTORCH;
  if (text(head, 4, 8) === 'TFL3') return TFLITE;
  if (text(head, 0, 8) === '\x89HDF\r\n\x1a\n') return KERAS;
  if (head.length > 10 && head.readBigUInt64LE(0) < 100_000_000n && /^\{"/.test(text(head, 8, 10)))
    return SAFETENSORS;
  if (/^\s*<(!doctype|html)/i.test(text(head, 0, 64))) return WEB_PAGE;
  if (text(head, 0, 3) === '\x08\x01\x12') return SAVED_MODEL; // schema version 1, then a graph
  if (head[0] === 0x0a && /Placeholder|Const/.test(text(head, 0, 256))) return GRAPH_DEF;
  return null;
}

const NOT_TFJS = 'an ONNX file; it has "engine": "onnx"';
const NOT_ONNX = 'JSON; a TensorFlow.js model has "engine": "tfjs" and its model.json as "file"';
/** ONNX begins with its IR version, which is 3 or more: a SavedModel has a 1 there. */
const looksLikeOnnx = ([tag, version = 0]: Buffer) => tag === 0x08 && version >= 3 && version < 32;

/**
 * What a file is that no engine reads, and what to do about it.
 * @param engine the one that is to read it
 * @returns words that go on "model.onnx is …", or null when it looks like what it should be
 */
export async function otherFormat(file: string, engine: 'onnx' | 'tfjs'): Promise<string | null> {
  if ((await stat(file)).isDirectory())
    return (await readdir(file)).includes('saved_model.pb') ? SAVED_MODEL : 'a folder; name the file in it';
  const opened = await open(file);
  try {
    const { buffer, bytesRead } = await opened.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const head = buffer.subarray(0, bytesRead);
    if (engine === 'onnx' && /^\s*[{[]/.test(text(head, 0, 16))) return NOT_ONNX;
    if (engine === 'tfjs' && looksLikeOnnx(head)) return NOT_TFJS;
    return kindOf(head);
  } finally {
    await opened.close();
  }
}
