/** ONNX Runtime's errors in plain sentences. Source: messages of onnxruntime 1.30, which carry no codes. */
import path from 'node:path';
import { oneLine } from '../../models/manifest-problem.js';

type Sentence = (...found: string[]) => string;

const base = (file: string) => path.basename(file);

const KNOWN: readonly (readonly [RegExp, Sentence])[] = [
  [
    /Protobuf parsing failed/,
    () => 'it is no ONNX model, or it is cut short: copy or download it again, and compare its size',
  ],
  [/does not have a graph/, () => 'it is empty or no ONNX model: copy or download it again'],
  [
    /Opset (\d+) is under development.*?domain (\S+) is till opset (\d+)/,
    (opset = '', _domain, most = '') =>
      `it needs opset ${opset}, and this ONNX Runtime knows up to ${most}: export it with opset_version=${most} or lower`,
  ],
  [
    /Opset (\d+) is under development/,
    (opset = '') => `it needs opset ${opset}, which is too new: export it with a lower opset_version`,
  ],
  [
    /Unsupported model IR version: (\d+), max supported IR version: (\d+)/,
    (version = '', most = '') =>
      `it has IR version ${version}, and this ONNX Runtime knows up to ${most}: set model.ir_version = ${most} with the onnx package, or export it with an older one`,
  ],
  [
    /No Op registered for (\S+) with domain_version of (\d+)/,
    (op = '', opset = '') => `opset ${opset} has no operation "${op}": export it with another opset_version`,
  ],
  [
    /([\w.]*):([\w]+)\(-?\d+\) is not a registered function\/op/,
    (domain = '', op = '') =>
      `it uses the operation "${op}"${domain && ` of "${domain}"`}, which ONNX Runtime does not have: export it without custom operations`,
  ],
  [
    /External data path does not exist: "?([^"]+?)"?$/,
    (file = '') =>
      `its weights are in a second file, "${base(file)}", which is missing: put it beside the model`,
  ],
  [
    /External initializer: (\S+) offset.*file_length: (\d+)/,
    (_name, length = '') =>
      `the second file with its weights is cut short (${length} bytes): copy or download it again`,
  ],
  [
    /External data path.*escapes/,
    () =>
      'its weights are in a second file outside its folder: put that file beside the model and export it again',
  ],
];

/** What remains of other messages when places in the source, signatures of functions and paths are taken out. */
function plain(message: string): string {
  return message
    .replace(/^Load model from .*? failed:\s*/, '')
    .replace(/\/onnxruntime_src\/\S+(:\d+)?\s*/g, '')
    .replace(/\b[\w./]+\.(cc|h|cpp|cu):\d+\s*/g, '')
    .replace(/(?:[\w:<>*&,]+\s)*\S*onnxruntime::.*?\)\s*(const\s+)?/g, '')
    .replace(/\[ONNXRuntimeError\] : \d+ : \w+ : /g, '')
    .replace(/"?\/(?:[^\s":]+\/)+([^\s":]+)"?/g, '$1')
    .replace(/\b[A-Z]\w+Impl\b\s*/g, '')
    .trim();
}

/** Why a file could not be loaded, in words that go on a sentence. */
export function loadReason(error: unknown): string {
  const message = oneLine(error);
  for (const [pattern, sentence] of KNOWN) {
    const found = pattern.exec(message);
    if (found) return sentence(...found.slice(1));
  }
  return plain(message);
}

/** Why a run failed: the node and what was wrong with its inputs. */
export function runReason(error: unknown): string {
  const message = oneLine(error);
  const found = /returned while running (\w+) node\. Name:'(.*?)' Status Message: (.*)$/.exec(message);
  if (!found) return plain(message);
  const [, op = '', name = '', status = ''] = found;
  return `${op}${name && ` "${name}"`}: ${plain(status)}`;
}
