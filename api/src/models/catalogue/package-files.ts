/**
 * Reads single files out of a packed npm package. Nothing is unpacked to a path that the package names: a file is found by
 * its exact name, and its bytes go to the caller; links, folders and everything else are passed over.
 */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import tar from 'tar-stream';

/**
 * Gives the named files one after the other, in the order of the package; the first of several with one name.
 * @param archive path of a .tgz
 * @param take must read all of `bytes`
 * @returns names that the package does not have
 * @throws what the archive's readers say of a damaged one, and what `take` throws
 */
export async function readPackageFiles(
  archive: string,
  names: readonly string[],
  take: (name: string, bytes: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<string[]> {
  const missing = new Set(names);
  const extract = tar.extract();
  const done = new AbortController();
  const unpacking = pipeline(createReadStream(archive), createGunzip(), extract, { signal: done.signal });
  unpacking.catch((error: Error) => extract.destroy(error));
  try {
    for await (const entry of extract) {
      const { name, type } = entry.header;
      if (type === 'file' && missing.delete(name)) await take(name, entry as AsyncIterable<Uint8Array>);
      else entry.resume();
      if (missing.size === 0) break;
    }
  } finally {
    done.abort();
    await unpacking.catch(() => undefined); // whatever ended it was thrown by the loop, or nothing more was needed
  }
  return [...missing];
}
