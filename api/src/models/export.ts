/** A version of a model as a zip of its folder. */

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Version } from '@scry/shared/database/model-versions';
import { modelBlob } from '@scry/shared/models/version-content';
import type { Blobs } from '@scry/shared/storage/blobs';
import type { Response } from 'express';
import yazl from 'yazl';

/** Streams it: nothing is held in memory, however large the weights are. @throws BlobMissing before the first byte */
export async function sendModelZip(blobs: Blobs, version: Version, res: Response): Promise<void> {
  const { name, manifest, files } = version;
  const zip = new yazl.ZipFile();
  const complete = { ...manifest, name, version: version.version };
  zip.addBuffer(Buffer.from(`${JSON.stringify(complete, null, 2)}\n`), `${name}/manifest.json`);
  for (const { path, sha256, bytes } of files) {
    const open = () => Readable.from(streamed(blobs, modelBlob(sha256)));
    // Weights do not compress; each file is opened when its turn comes.
    zip.addReadStreamLazy(`${name}/${path}`, { compress: false, size: bytes }, (done) => done(null, open()));
  }
  zip.end();
  res.attachment(`${name}-${version.version}.zip`).type('application/zip');
  await pipeline(zip.outputStream as Readable, res);
}

async function* streamed(blobs: Blobs, key: string): AsyncGenerator<Uint8Array> {
  yield* await blobs.open(key);
}
