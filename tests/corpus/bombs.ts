/** Small files that unfold into very much: pixels, frames, layers, compressed text. */
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { assembleBmp, infoHeader } from './bmp.js';
import { ANY, type CorpusCase, makeCase, REFUSED, UNREADABLE } from './case.js';
import { makePng, PNG_SIGNATURE, pngChunk, pngHeader, withPngChunk } from './png.js';
import { specimens } from './variants.js';

/** A whole, valid PNG of one color: 1-bit gray, so 900 megapixels are 110 kB. */
function flatPng(width: number, height: number): Buffer {
  return makePng({ width, height, depth: 1, color: 0 }, Buffer.alloc((Math.ceil(width / 8) + 1) * height));
}

function pngBombs(png: Buffer): CorpusCase[] {
  const cases: CorpusCase[] = [];
  for (const [width, height] of [
    [30_000, 30_000],
    [20_000, 20_000],
    [1_000_000, 1000],
    [1000, 1_000_000],
    [8000, 8000],
  ] as const) {
    cases.push(makeCase(`bomb/png-${width}x${height}`, 'png', flatPng(width, height), REFUSED));
  }
  for (const side of [100_000, 0x7fff_ffff]) {
    const start = Buffer.concat([PNG_SIGNATURE, pngHeader({ width: side, height: side })]);
    cases.push(makeCase(`bomb/png-header-of-${side}`, 'png', start, REFUSED));
  }
  const megabytes = deflateSync(Buffer.alloc(64 * 1024 * 1024), { level: 6 });
  const named = (keyword: string) => Buffer.concat([Buffer.from(`${keyword}\0\0`, 'latin1'), megabytes]);
  for (const type of ['zTXt', 'iCCP']) {
    const one = pngChunk(type, named('note'));
    cases.push(makeCase(`bomb/png-${type}`, 'png', withPngChunk(png, one), ANY));
    const many = Buffer.concat(Array.from({ length: 20 }, () => one));
    cases.push(makeCase(`bomb/png-${type}-twenty-times`, 'png', withPngChunk(png, many), ANY));
  }
  const crowd = Buffer.concat(Array.from({ length: 50_000 }, () => pngChunk('tEXt', Buffer.from('k\0v'))));
  cases.push(makeCase('bomb/png-50000-chunks', 'png', withPngChunk(png, crowd), ANY));
  const overlong = makePng({ width: 16, height: 16, depth: 8, color: 0 }, Buffer.alloc(128 * 1024 * 1024));
  cases.push(makeCase('bomb/png-more-data-than-pixels', 'png', overlong, ANY));
  return cases;
}

/** A GIF whose screen or frame is as large as its 16-bit fields allow, with one clear code as data. */
function gifOf(screen: number, frame: number, frames: number): Buffer {
  const header = Buffer.from('GIF89a\0\0\0\0\x80\0\0\0\0\0\xff\xff\xff', 'latin1');
  header.writeUInt16LE(screen, 6);
  header.writeUInt16LE(screen, 8);
  const block = Buffer.from([0x2c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0x4c, 0x01, 0]);
  block.writeUInt16LE(frame, 5);
  block.writeUInt16LE(frame, 7);
  return Buffer.concat([header, ...Array.from({ length: frames }, () => block), Buffer.from([0x3b])]);
}

function gifBombs(): CorpusCase[] {
  return [
    makeCase('bomb/gif-screen-65535', 'gif', gifOf(65_535, 65_535, 1), REFUSED),
    makeCase('bomb/gif-screen-65535-frame-1', 'gif', gifOf(65_535, 1, 1), REFUSED),
    makeCase('bomb/gif-screen-1-frame-65535', 'gif', gifOf(1, 65_535, 1), ANY),
    makeCase('bomb/gif-screen-4000-frames-5000', 'gif', gifOf(4000, 4000, 5000), ANY),
    makeCase('bomb/gif-screen-16-frames-100000', 'gif', gifOf(16, 16, 100_000), ANY),
  ];
}

type Entry = readonly [tag: number, type: 3 | 4, value: number];

/** An uncompressed or compressed little-endian TIFF of one strip. Source: TIFF revision 6. */
function tiffOf(width: number, height: number, compression: number, strip: Buffer, samples = 1): Buffer {
  const entries: Entry[] = [
    [256, 4, width],
    [257, 4, height],
    [258, 3, 8],
    [259, 3, compression],
    [262, 3, 1],
    [273, 4, 8],
    [277, 3, samples],
    [278, 4, height],
    [279, 4, strip.length],
  ];
  const directory = Buffer.alloc(2 + entries.length * 12 + 4);
  directory.writeUInt16LE(entries.length, 0);
  for (const [index, [tag, type, value]] of entries.entries()) {
    const at = 2 + index * 12;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(type, at + 2);
    directory.writeUInt32LE(1, at + 4);
    directory.writeUInt32LE(value, at + 8);
  }
  const header = Buffer.from('II*\0\0\0\0\0', 'latin1');
  header.writeUInt32LE(8 + strip.length, 4);
  return Buffer.concat([header, strip, directory]);
}

function tiffBombs(): CorpusCase[] {
  const thin = Buffer.alloc(1000);
  const packed = deflateSync(Buffer.alloc(100 * 1024 * 1024), { level: 6 });
  return [
    makeCase('bomb/tiff-60000', 'tiff', tiffOf(60_000, 60_000, 1, thin), REFUSED),
    makeCase('bomb/tiff-deflate-10240', 'tiff', tiffOf(10_240, 10_240, 8, packed), REFUSED),
    makeCase('bomb/tiff-wide', 'tiff', tiffOf(0x7fff_ffff, 1, 1, thin), REFUSED),
    makeCase('bomb/tiff-tall', 'tiff', tiffOf(1, 0x7fff_ffff, 1, thin), REFUSED),
    makeCase('bomb/tiff-65535-samples', 'tiff', tiffOf(64, 64, 1, thin, 65_535), ANY),
  ];
}

/** Flat images by the library's own encoders, at the limits of their formats. */
async function encodedBombs(): Promise<CorpusCase[]> {
  const flat = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: '#123' }, limitInputPixels: false });
  const webp = await flat(16_383, 4000).webp({ quality: 1, effort: 0 }).toBuffer();
  const jpeg = await flat(8000, 8000).jpeg({ quality: 1 }).toBuffer();
  const avif = await flat(8200, 6200).avif({ quality: 1, effort: 0 }).toBuffer();
  return [
    makeCase('bomb/webp-16383x4000', 'webp', webp, REFUSED),
    makeCase('bomb/jpeg-8000x8000', 'jpg', jpeg, REFUSED),
    makeCase('bomb/avif-8200x6200', 'avif', avif, REFUSED),
  ];
}

/** Sizes in the headers of WebP (`VP8X`) and AVIF (`ispe`) written over with the largest that fit. */
async function headerBombs(): Promise<CorpusCase[]> {
  const all = await specimens();
  const avif = Buffer.from(all.get('avif') as Buffer);
  const size = avif.indexOf('ispe', 0, 'latin1');
  avif.writeUInt32BE(100_000, size + 8);
  avif.writeUInt32BE(100_000, size + 12);
  const extended = Buffer.from('RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff', 'latin1');
  extended.writeUInt32LE(extended.length - 8, 4);
  const rows = infoHeader({ width: 60_000, height: 60_000, bits: 1 });
  const bmp = assembleBmp(rows, Buffer.alloc(8), Buffer.alloc(64));
  const runs = infoHeader({ width: 30_000, height: 30_000, bits: 8, compression: 1 });
  return [
    makeCase('bomb/avif-header-of-100000', 'avif', avif, UNREADABLE),
    makeCase('bomb/webp-header-of-16777216', 'webp', extended, UNREADABLE),
    makeCase('bomb/bmp-60000', 'bmp', bmp, REFUSED),
    makeCase(
      'bomb/bmp-runs-30000',
      'bmp',
      assembleBmp(runs, Buffer.alloc(1024), Buffer.from([0, 1])),
      REFUSED,
    ),
  ];
}

/** A JPEG of one tiny progressive image with the same scan thousands of times: cheap to send, dear to decode. */
function scanBomb(jpeg: Buffer): CorpusCase {
  const first = jpeg.indexOf(Buffer.from([0xff, 0xda]));
  const second = jpeg.indexOf(Buffer.from([0xff, 0xda]), first + 2);
  const scan = jpeg.subarray(first, second > 0 ? second : jpeg.length - 2);
  const scans = Buffer.concat(Array.from({ length: 5000 }, () => scan));
  const bytes = Buffer.concat([jpeg.subarray(0, first), scans, jpeg.subarray(jpeg.length - 2)]);
  return makeCase('bomb/jpeg-5000-scans', 'jpg', bytes, ANY);
}

/** All bombs. */
export async function bombs(): Promise<CorpusCase[]> {
  const all = await specimens();
  return [
    ...pngBombs(all.get('png') as Buffer),
    ...gifBombs(),
    ...tiffBombs(),
    ...(await encodedBombs()),
    ...(await headerBombs()),
    scanBomb(all.get('jpeg-progressive') as Buffer),
  ];
}
