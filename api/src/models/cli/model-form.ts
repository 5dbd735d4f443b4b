/** The form that a model is pushed with: single files as they are, a folder as a zip that is made while it is sent. */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import yazl from 'yazl';

export interface ModelForm {
  readonly body: AsyncIterable<Uint8Array>;
  readonly contentType: string;
  /** Of the files; the form itself is a little larger. */
  readonly bytes: number;
}

interface Part {
  readonly field: string;
  readonly fileName: string;
  readonly data: AsyncIterable<Uint8Array>;
  readonly bytes: number;
}

const bytesOf = async (file: string) => (await stat(file)).size;

async function filePart(field: string, file: string): Promise<Part> {
  return { field, fileName: path.basename(file), data: createReadStream(file), bytes: await bytesOf(file) };
}

/** Files of a folder, without those that begin with a dot. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter((file) => !file.split(path.sep).some((name) => name.startsWith('.')))
    .sort();
}

async function folderPart(folder: string): Promise<Part> {
  const zip = new yazl.ZipFile();
  let bytes = 0;
  for (const file of await filesBelow(folder)) {
    const where = path.join(folder, file);
    bytes += await bytesOf(where);
    zip.addFile(where, file.split(path.sep).join('/'), { compress: false });
  }
  if (bytes === 0) throw new Error(`${folder} holds no files.`);
  zip.end();
  const data = zip.outputStream as unknown as AsyncIterable<Uint8Array>;
  return { field: 'file', fileName: `${path.basename(path.resolve(folder))}.zip`, data, bytes };
}

/** Files that belong to one of TensorFlow.js or darknet. */
async function companions(file: string): Promise<string[]> {
  const folder = path.dirname(file);
  if (/\.cfg$/i.test(file)) return [file.replace(/\.cfg$/i, '.weights')];
  if (!/\.json$/i.test(file)) return [];
  const graph = JSON.parse(await readFile(file, 'utf8')) as { weightsManifest?: { paths: string[] }[] };
  return (graph.weightsManifest ?? []).flatMap(({ paths }) =>
    paths.map((name) => path.join(folder, path.basename(name))),
  );
}

/** @throws Error with a sentence when there is no such file or folder */
async function mustExist(file: string): Promise<void> {
  await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new Error(`There is no file or folder "${file}".`) : error;
  });
}

async function parts(files: readonly string[], labels: string | undefined): Promise<Part[]> {
  const [only = ''] = files;
  for (const file of files) await mustExist(file);
  if (files.length === 1 && (await stat(only)).isDirectory()) return [await folderPart(only)];
  const all = new Set(files);
  for (const file of files) for (const companion of await companions(file)) all.add(companion);
  const made = await Promise.all([...all].map((file) => filePart('file', file)));
  return labels === undefined ? made : [...made, await filePart('labels', labels)];
}

const quoted = (name: string) => name.replace(/["\r\n]/g, '_');

/**
 * @param files one folder, or the model's files; what model.json or a .cfg needs beside it is added
 * @param labels a text file with one label per line
 * @throws what the file system says
 */
export async function modelForm(
  files: readonly string[],
  labels: string | undefined,
  fields: Readonly<Record<string, string | undefined>>,
): Promise<ModelForm> {
  const boundary = `scry-${randomUUID()}`;
  const sent = await parts(files, labels);
  async function* body() {
    const head = (disposition: string) =>
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n`);
    for (const [name, value] of Object.entries(fields))
      if (value !== undefined) yield Buffer.concat([head(`name="${name}"`), Buffer.from(`\r\n${value}\r\n`)]);
    for (const { field, fileName, data } of sent) {
      yield head(`name="${field}"; filename="${quoted(fileName)}"`);
      yield Buffer.from('Content-Type: application/octet-stream\r\n\r\n');
      yield* data;
      yield Buffer.from('\r\n');
    }
    yield Buffer.from(`--${boundary}--\r\n`);
  }
  return {
    body: body(),
    contentType: `multipart/form-data; boundary=${boundary}`,
    bytes: sent.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** The same bytes, counted as they pass. */
export async function* counted(
  body: AsyncIterable<Uint8Array>,
  onProgress: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    onProgress(bytes);
    yield piece;
  }
}
