/**
 * What lies where in DATA_DIR, the volume that api and workers share. Nobody else knows that it is a disk.
 *
 *     DATA_DIR/uploads/tmp/<random>          images on their way
 *     DATA_DIR/uploads/ab/<sha256>           images
 *     DATA_DIR/derived/ab/<sha256>/…         thumbnails and the like; may be deleted at any time
 *     DATA_DIR/results/<model>/<class>/…     images filed for people, for manifests with `images: by-class`
 *     DATA_DIR/blobs/…                       files of models, zips and trainings
 */
import path from 'node:path';
import { folderProblem } from '../runtime/setting-problem.js';
import type { Blobs } from './blobs.js';
import { FiledLinks } from './filed-links.js';
import { type FileError, privateFolder } from './files.js';
import { ImageStorage, type StorageOptions } from './image-storage.js';
import { LocalBlobs } from './local-blobs.js';

const INCOMING = 'uploads/tmp';
const RESULTS = 'results';

/** Makes the folders of images, closed to others. @throws SettingProblem when they cannot be made */
export async function prepareImages(dataDir: string): Promise<void> {
  try {
    for (const folder of ['uploads', INCOMING, RESULTS, 'derived'])
      await privateFolder(path.join(dataDir, folder));
  } catch (error) {
    throw folderProblem('DATA_DIR', dataDir, error as FileError);
  }
}

/** @param dataDir absolute path of DATA_DIR */
export function openImages(dataDir: string, options?: StorageOptions): ImageStorage {
  return new ImageStorage(new LocalBlobs(dataDir, INCOMING), options);
}

/** Images under their classes. */
export function openFiled(dataDir: string, images: ImageStorage): FiledLinks {
  return new FiledLinks(path.join(dataDir, RESULTS), images);
}

/** Files that are no images of predictions. */
export function openBlobs(dataDir: string): Blobs {
  return new LocalBlobs(path.join(dataDir, 'blobs'));
}
