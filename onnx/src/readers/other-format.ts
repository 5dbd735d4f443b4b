/**
 * What people have where a model file belongs, told by its first bytes, and what they can do instead. Sources: Git LFS's
 * pointer specification, PKZIP, pickle protocol 2 (PEP 307), safetensors, TensorFlow Lite's schema ("TFL3"), HDF5.
 */

/** So many bytes of a file are enough. */
export const HEAD_BYTES = 4096;

const ULTRALYTICS = 'yolo export model=FILE format=onnx';
const LFS = 'a pointer of Git LFS, not the weights themselves; run "git lfs pull" where it was cloned';
const PYTORCH = `a PyTorch file; export it with torch.onnx.export(model, example, "model.onnx"), or with "${ULTRALYTICS}" where it comes from Ultralytics`;
const SAFETENSORS =
  'safetensors: weights without a network; load them in PyTorch and export the model with torch.onnx.export';
const TFLITE =
  'a TensorFlow Lite file; convert it with "python -m tf2onnx.convert --tflite FILE --output model.onnx"';
/** A folder with saved_model.pb is one as well. */
export const SAVED_MODEL =
  'a TensorFlow SavedModel; convert it with "python -m tf2onnx.convert --saved-model FOLDER --output model.onnx"';
const GRAPH_DEF =
  'a TensorFlow graph; convert it with "python -m tf2onnx.convert --graphdef FILE --output model.onnx" and its inputs and outputs';
const CORE_ML = 'a Core ML package; export the model it was made from as ONNX';
const WEB_PAGE = 'a web page: the download answered with a page instead of the file; download it again';

/** Kinds of files that this library reads, which an engine of its own does not. */
export const KERAS = 'Keras';

const decoder = new TextDecoder('latin1');
const text = (head: Uint8Array, start: number, end: number) => decoder.decode(head.subarray(start, end));

/** Zip archives that models come in. Names of entries stand in plain text before their contents. */
function archive(head: Uint8Array): string {
  const names = text(head, 0, HEAD_BYTES);
  if (/\.pkl|\/version|constants\.pkl/.test(names)) return PYTORCH;
  if (/config\.json|metadata\.json|model\.weights\.h5/.test(names)) return KERAS;
  if (/\.mlmodel|Manifest\.json/.test(names)) return CORE_ML;
  return 'a zip archive; unpack it into the folder of the model';
}

/** The length of safetensors' JSON, which comes first. */
const lengthAt = (head: Uint8Array) => new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true);

/**
 * What a file is, in words that go on "model.onnx is …"; KERAS for a Keras file, null when its first bytes look like ONNX, like
 * TensorFlow.js or like nothing known.
 */
export function otherFormatOf(head: Uint8Array): string | null {
  if (head.length === 0) return 'empty; copy the file again';
  if (text(head, 0, 40).startsWith('version https://git-lfs')) return LFS;
  if (text(head, 0, 4) === 'PK\x03\x04') return archive(head);
  if (head[0] === 0x80 && (head[1] as number) >= 2 && (head[1] as number) <= 5) return PYTORCH;
  if (text(head, 4, 8) === 'TFL3') return TFLITE;
  if (text(head, 0, 8) === '\x89HDF\r\n\x1a\n') return KERAS;
  if (head.length > 10 && lengthAt(head) < 100_000_000n && /^\{"/.test(text(head, 8, 10))) return SAFETENSORS;
  if (/^\s*<(!doctype|html)/i.test(text(head, 0, 64))) return WEB_PAGE;
  if (text(head, 0, 3) === '\x08\x01\x12') return SAVED_MODEL; // schema version 1, then a graph
  if (head[0] === 0x0a && /Placeholder|Const/.test(text(head, 0, 256))) return GRAPH_DEF;
  return null;
}

/** ONNX begins with its IR version, which is 3 or more: a SavedModel has a 1 there. */
export const looksLikeOnnx = ([tag, version = 0]: Uint8Array) => tag === 0x08 && version >= 3 && version < 32;
