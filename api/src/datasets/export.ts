/** A data set as a zip: a folder per class, which can be imported again. */
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import type { DatasetItemStore, Item } from '@scry/shared/database/dataset-items';
import type { Dataset } from '@scry/shared/database/datasets';
import { safeName } from '@scry/shared/storage/files';
import type { ImageStorage } from '@scry/shared/storage/image-storage';
import type { Response } from 'express';
import yazl from 'yazl';

export interface ExportParts {
  readonly items: DatasetItemStore;
  readonly storage: ImageStorage;
}

const UNLABELLED = 'unlabelled';

/** Unique in its folder, and with an extension that viewers know. */
function entryName({ id, class: label, image, fileName }: Item): string {
  const extension = image.format === 'jpeg' ? 'jpg' : image.format;
  const base = fileName ? safeName(fileName).replace(/\.[^.]{1,5}$/, '') : '';
  return `${safeName(label ?? UNLABELLED)}/${base === '' ? '' : `${base}-`}${id}.${extension}`;
}

/**
 * Streams the zip: one image is open at a time, and of the others only their names are held. Images that are removed
 * while it runs are left out. When the client leaves, it ends.
 * @throws what the database and the file system say; the answer is broken off then
 */
export async function sendDatasetZip(
  parts: ExportParts,
  { id, name }: Dataset,
  res: Response,
): Promise<void> {
  const zip = new yazl.ZipFile();
  const output = zip.outputStream as Readable;
  zip.on('error', (error: Error) => output.destroy(error));
  res.attachment(`${safeName(name)}.zip`).type('application/zip');
  const filled = fill(zip, output, parts, id).catch((error: Error) => void output.destroy(error));
  try {
    await pipeline(output, res);
  } catch (error) {
    if (!res.destroyed || (error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  } finally {
    await filled;
  }
}

/** Adds one image after the other, each once the one before has been read. */
async function fill(
  zip: yazl.ZipFile,
  output: Readable,
  { items, storage }: ExportParts,
  datasetId: string,
): Promise<void> {
  for await (const item of items.all(datasetId)) {
    const image = await openImage(storage, item);
    if (!image) continue;
    if (output.destroyed) return void image.destroy();
    const close = () => image.destroy();
    output.once('close', close);
    zip.addReadStream(image, entryName(item), {
      compress: false,
      size: item.image.bytes,
      mtime: item.createdAt,
    });
    await finished(image);
    output.off('close', close);
  }
  zip.end();
}

/** @returns null when the image is not kept any more */
async function openImage(storage: ImageStorage, { image }: Item): Promise<Readable | null> {
  try {
    return Readable.from(await storage.open(image.sha256));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
