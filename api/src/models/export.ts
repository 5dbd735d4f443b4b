/** A version of a model as a zip of its folder. */
import type { Version } from '@scry/shared/database/model-versions';
import { modelBlob } from '@scry/shared/models/version-content';
import type { Blobs } from '@scry/shared/storage/blobs';
import type { Response } from 'express';
import { sendZip, type ZipMember } from '../http/send-zip.js';

/** Streams it: nothing is held in memory, however large the weights are. @throws BlobMissing; the answer is broken off then */
export function sendModelZip(blobs: Blobs, version: Version, res: Response): Promise<void> {
  return sendZip(res, `${version.name}-${version.version}.zip`, members(blobs, version));
}

async function* members(
  blobs: Blobs,
  { name, version, manifest, files }: Version,
): AsyncGenerator<ZipMember> {
  const complete = Buffer.from(`${JSON.stringify({ ...manifest, name, version }, null, 2)}\n`);
  yield { path: `${name}/manifest.json`, bytes: complete.length, open: async () => once(complete) };
  for (const { path, sha256, bytes } of files)
    yield { path: `${name}/${path}`, bytes, open: () => blobs.open(modelBlob(sha256)) };
}

async function* once(data: Uint8Array): AsyncGenerator<Uint8Array> {
  yield data;
}
