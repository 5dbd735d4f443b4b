/** Just enough PNG to write images that no careful encoder would. Source: PNG specification, third edition. */
import { crc32, deflateSync } from 'node:zlib';

export const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** One chunk with a right checksum. */
export function pngChunk(type: string, data: Buffer): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}

export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly depth?: number;
  readonly color?: number;
  readonly compression?: number;
  readonly filter?: number;
  readonly interlace?: number;
}

/** The chunk that opens every PNG. */
export function pngHeader(header: PngHeader): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(header.width, 0);
  data.writeUInt32BE(header.height, 4);
  data[8] = header.depth ?? 8;
  data[9] = header.color ?? 2;
  data[10] = header.compression ?? 0;
  data[11] = header.filter ?? 0;
  data[12] = header.interlace ?? 0;
  return pngChunk('IHDR', data);
}

/** A whole PNG around image data as it would lie in IDAT before compression. */
export function makePng(header: PngHeader, scanlines: Buffer, extra: readonly Buffer[] = []): Buffer {
  const data = deflateSync(scanlines, { level: 6 });
  return Buffer.concat([
    PNG_SIGNATURE,
    pngHeader(header),
    ...extra,
    pngChunk('IDAT', data),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The same PNG with another header in front of the same data; the checksum is right, so only the content lies. */
export function withPngHeader(png: Buffer, header: PngHeader): Buffer {
  return Buffer.concat([PNG_SIGNATURE, pngHeader(header), png.subarray(8 + 25)]);
}

/** The same PNG with a chunk put in right after the header. */
export function withPngChunk(png: Buffer, chunk: Buffer): Buffer {
  return Buffer.concat([png.subarray(0, 8 + 25), chunk, png.subarray(8 + 25)]);
}
