/** How much room stored files take. Looking at millions of them would keep a disk busy, so it ends early and estimates. */
import type { Blobs } from './blobs.js';

export interface DiskUse {
  readonly bytes: number;
  readonly files: number;
  /** False: there were more files than were looked at, and the rest is estimated. */
  readonly exact: boolean;
}

/**
 * Measures blobs, one after the other.
 * @param prefixes their parts; filled evenly, by hash, where there may be more than `mostFiles`: some then tell of the others
 * @param mostFiles after so many no further part is looked at
 * @throws what the store says
 */
export async function diskUse(
  blobs: Blobs,
  prefixes: readonly string[],
  mostFiles = Number.POSITIVE_INFINITY,
): Promise<DiskUse> {
  let [bytes, files, looked] = [0, 0, 0];
  for (const prefix of prefixes) {
    if (files >= mostFiles) break;
    for await (const blob of blobs.list(prefix)) {
      bytes += blob.bytes;
      files++;
    }
    looked++;
  }
  const scale = prefixes.length / Math.max(1, looked);
  return {
    bytes: Math.round(bytes * scale),
    files: Math.round(files * scale),
    exact: looked === prefixes.length,
  };
}
