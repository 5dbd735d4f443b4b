/** `npm run convert -- model.keras model.onnx`: the only part of this library that touches files. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { convert } from '../convert.js';
import { ConversionError } from '../errors.js';
import { describeReport } from './describe.js';

const USAGE = `Converts a model to ONNX:

  npm run convert -- model.keras model.onnx
  npm run convert -- model.h5 model.onnx              also .hdf5
  npm run convert -- model.json model.onnx            TensorFlow.js; its weights are read from the same folder
  npm run convert -- model.cfg model.weights model.onnx
`;

/** Names of the files that a TensorFlow.js model.json says its weights are in. */
function shardsOf(json: Uint8Array): string[] {
  try {
    const { weightsManifest } = JSON.parse(new TextDecoder().decode(json));
    const names = weightsManifest.flatMap(({ paths }: { paths: unknown[] }) => paths.map(String));
    return names.map((name: string) => path.basename(name));
  } catch {
    return [];
  }
}

/** The files named on the command line, and those that a model.json names. */
async function readFiles(names: readonly string[]): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const name of names) {
    if ((await stat(name)).isDirectory())
      throw new ConversionError(`${name} is a folder; name the model file in it.`);
    const bytes = await readFile(name);
    files.set(path.basename(name), bytes);
    if (!name.endsWith('.json')) continue;
    for (const shard of shardsOf(bytes))
      files.set(shard, await readFile(path.join(path.dirname(name), shard)));
  }
  return files;
}

async function main(names: readonly string[]): Promise<void> {
  const target = names.at(-1);
  if (names.length === 0 || names.includes('--help')) {
    process.stdout.write(USAGE);
    return;
  }
  if (names.length < 2 || !target?.endsWith('.onnx'))
    throw new ConversionError(
      `Name the file to write last, ending in .onnx: npm run convert -- ${names.join(' ')} model.onnx`,
    );
  // npm runs scripts in the project's folder; files are meant from where the command was typed.
  process.chdir(process.env.INIT_CWD ?? process.cwd());
  const { onnx, report } = await convert(await readFiles(names.slice(0, -1)));
  await writeFile(target, onnx);
  process.stdout.write(`${describeReport(report)}\nWrote ${target}, ${(onnx.length / 1e6).toFixed(1)} MB.\n`);
}

const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'you may not read or write it',
  EISDIR: 'it is a folder',
};

function isAboutFile(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

/** One sentence about what went wrong. @throws the error itself where it is a bug, so that its stack is shown */
function sentenceOf(error: unknown): string {
  if (error instanceof ConversionError) return error.message;
  if (!isAboutFile(error)) throw error;
  const problem = FILE_PROBLEMS[error.code ?? ''];
  return problem ? `${error.path ?? 'A file'}: ${problem}.` : error.message;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${sentenceOf(error)}\n`);
  process.exitCode = 1;
});
