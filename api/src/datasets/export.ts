/** A data set as a zip: a folder per class, which can be imported again. */
import type { DatasetItemStore, Item } from '@scry/shared/database/dataset-items';
import type { Dataset } from '@scry/shared/database/datasets';
import { BlobMissing } from '@scry/shared/storage/blobs';
import { safeName } from '@scry/shared/storage/files';
import type { ImageStorage } from '@scry/shared/storage/image-storage';
import type { Response } from 'express';
import { sendZip, type ZipMember } from '../http/send-zip.js';

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

/** Streams it; images that are removed while it runs are left out. @throws what the database and the file system say */
export function sendDatasetZip(parts: ExportParts, { id, name }: Dataset, res: Response): Promise<void> {
  return sendZip(res, `${safeName(name)}.zip`, members(parts, id));
}

async function* members({ items, storage }: ExportParts, datasetId: string): AsyncGenerator<ZipMember> {
  for await (const item of items.all(datasetId))
    yield {
      path: entryName(item),
      bytes: item.image.bytes,
      modifiedAt: item.createdAt,
      open: () => openImage(storage, item),
    };
}

/** @returns null when the image is not kept any more */
function openImage(storage: ImageStorage, { image }: Item): Promise<AsyncIterable<Uint8Array> | null> {
  return storage.open(image.sha256).catch((error: unknown) => {
    if (error instanceof BlobMissing) return null;
    throw error;
  });
}
