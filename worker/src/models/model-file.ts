/** What people put where an ONNX or TensorFlow.js file belongs, and what they can do instead. */
import { open, readdir, stat } from 'node:fs/promises';
import {
  HEAD_BYTES,
  KERAS,
  looksLikeOnnx,
  otherFormatOf,
  SAVED_MODEL,
} from '@scry/onnx/readers/other-format';

const RENAME_KERAS =
  'a Keras file; give it its own ending, .keras or .h5, and leave "engine" out: it is converted when it is loaded';
const A_FOLDER = 'a folder; name the file in it';
const NOT_TFJS = 'an ONNX file; it has "engine": "onnx"';
const NOT_ONNX = 'JSON; a TensorFlow.js model has "engine": "tfjs" and its model.json as "file"';
/**
 * What a file is that no engine reads, and what to do about it.
 * @param engine the one that is to read it
 * @returns words that go on "model.onnx is …", or null when it looks like what it should be
 */
export async function otherFormat(file: string, engine: 'onnx' | 'tfjs'): Promise<string | null> {
  if ((await stat(file)).isDirectory())
    return (await readdir(file)).includes('saved_model.pb') ? SAVED_MODEL : A_FOLDER;
  const opened = await open(file);
  try {
    const { buffer, bytesRead } = await opened.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const head = buffer.subarray(0, bytesRead);
    if (engine === 'onnx' && /^\s*[{[]/.test(head.toString('latin1', 0, 16))) return NOT_ONNX;
    if (engine === 'tfjs' && looksLikeOnnx(head)) return NOT_TFJS;
    const kind = otherFormatOf(head);
    return kind === KERAS ? RENAME_KERAS : kind;
  } finally {
    await opened.close();
  }
}
