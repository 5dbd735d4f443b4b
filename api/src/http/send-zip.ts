/** Answers with a zip that is made while it is sent. */
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import yazl from 'yazl';

/** A file in the zip. */
export interface ZipMember {
  /** With "/" between folders, unique in the zip. */
  readonly path: string;
  readonly bytes: number;
  readonly modifiedAt?: Date;
  /** Called when its turn comes; null: it is gone, and is left out. */
  readonly open: () => Promise<AsyncIterable<Uint8Array> | null>;
}

/**
 * Streams the zip, uncompressed: one member is open at a time, and of the others only their names are held. When the client
 * leaves, it ends.
 * @param fileName what a browser saves it as
 * @throws what reading the members throws; the answer is broken off then
 */
export async function sendZip(
  res: Response,
  fileName: string,
  members: AsyncIterable<ZipMember>,
): Promise<void> {
  const zip = new yazl.ZipFile();
  const output = zip.outputStream as Readable;
  zip.on('error', (error: Error) => output.destroy(error)); // without a listener it would end the process
  res.attachment(fileName).type('application/zip');
  const filled = fill(zip, output, members).catch((error: Error) => void output.destroy(error));
  try {
    await pipeline(output, res);
  } catch (error) {
    if (!res.destroyed || (error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  } finally {
    await filled;
  }
}

/** Adds one member after the other, each once the one before has been read. */
async function fill(zip: yazl.ZipFile, output: Readable, members: AsyncIterable<ZipMember>): Promise<void> {
  for await (const { path, bytes, modifiedAt, open } of members) {
    const content = await open();
    if (!content) continue;
    const stream = Readable.from(content);
    if (output.destroyed) return void stream.destroy();
    const close = () => stream.destroy();
    output.once('close', close);
    zip.addReadStream(stream, path, {
      compress: false,
      size: bytes,
      ...(modifiedAt && { mtime: modifiedAt }),
    });
    await finished(stream);
    output.off('close', close);
  }
  zip.end();
}
