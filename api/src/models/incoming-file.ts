/** Files of a version on their way, whoever brings them. */
import type { PendingBlob } from '@scry/shared/storage/blobs';

/** A file of a version that has arrived and is not kept yet. */
export interface IncomingFile {
  /** Where it lies in the model's folder, such as "model.onnx" or "shards/1.bin". */
  readonly path: string;
  readonly blob: PendingBlob;
}

/** Lets go of files that no version keeps. */
export async function discardAll(files: readonly IncomingFile[]): Promise<void> {
  for (const { blob } of files) await blob.discard();
}
