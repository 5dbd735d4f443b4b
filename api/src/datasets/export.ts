/** A data set as a zip: a folder per class, which can be imported again. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DatasetItemStore, Item } from '@scry/shared/database/dataset-items';
import type { Dataset } from '@scry/shared/database/datasets';
import { safeName } from '@scry/shared/storage/files';
import type { ImageStorage } from '@scry/shared/storage/image-storage';
import type { Response } from 'express';
import yazl from 'yazl';

const UNLABELLED = 'unlabelled';

/** Unique in its folder, and with an extension that viewers know. */
function entryName({ id, class: label, image, fileName }: Item): string {
  const extension = image.format === 'jpeg' ? 'jpg' : image.format;
  const base = fileName ? safeName(fileName).replace(/\.[^.]{1,5}$/, '') : '';
  return `${safeName(label ?? UNLABELLED)}/${base === '' ? '' : `${base}-`}${id}.${extension}`;
}

/** Streams it: neither the list of items nor any image is held in memory whole. */
export async function sendDatasetZip(
  { items, storage }: { readonly items: DatasetItemStore; readonly storage: ImageStorage },
  { id, name }: Dataset,
  res: Response,
): Promise<void> {
  const zip = new yazl.ZipFile();
  for await (const item of items.all(id)) {
    const open = () => Readable.from(imageOf(storage, item));
    zip.addReadStreamLazy(
      entryName(item),
      { compress: false, size: item.image.bytes, mtime: item.createdAt },
      (done) => done(null, open()),
    );
  }
  zip.end();
  res.attachment(`${safeName(name)}.zip`).type('application/zip');
  await pipeline(zip.outputStream as Readable, res);
}

async function* imageOf(storage: ImageStorage, { image }: Item): AsyncGenerator<Uint8Array> {
  yield* await storage.open(image.sha256);
}
