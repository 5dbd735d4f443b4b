/**
 * The scene with metadata beside its pixels that unfolds into gigabytes, or that is as large as an upload may be. The
 * right answer is expected of each: what nobody reads may not cost anything.
 */
import { deflateSync } from 'node:zlib';
import { answer, type CorpusCase, makeCase } from './case.js';
import { type HeifItem, withHeifItems } from './heif-items.js';
import { pngChunk, withPngChunk } from './png.js';
import { specimens } from './variants.js';

const MIB = 1024 * 1024;
/** GIF has 256 colors, AVIF and lossy WebP are lossy. */
const LOSSY = 0.06;

/**
 * Exif in which each of many entries means the same bytes: readers copy them for every one.
 * @param entries times `valueBytes` is what it unfolds to
 */
function unfoldingExif(entries: number, valueBytes: number): Buffer {
  const head = 10 + entries * 12 + 4;
  const exif = Buffer.alloc(head + valueBytes, 0x41);
  exif.write('MM\0*\0\0\0\x08', 'latin1');
  exif.writeUInt16BE(entries, 8);
  for (let index = 0; index < entries; index++) {
    const at = 10 + index * 12;
    exif.writeUInt16BE(0x9000 + index, at);
    exif.writeUInt16BE(2, at + 2); // ASCII
    exif.writeUInt32BE(valueBytes, at + 4);
    exif.writeUInt32BE(head, at + 8);
  }
  exif.writeUInt32BE(0, head - 4);
  return exif;
}

const repeated = (part: Buffer, times: number) => Buffer.concat(Array.from({ length: times }, () => part));

function pngs(png: Buffer): CorpusCase[] {
  const text = deflateSync(Buffer.alloc(7_900_000, 0x41), { level: 9 });
  const named = (head: string) => Buffer.concat([Buffer.from(head, 'latin1'), text]);
  const exif = pngChunk('eXIf', unfoldingExif(4000, 400_000));
  const behind = (chunks: Buffer) => Buffer.concat([png.subarray(0, -12), chunks, png.subarray(-12)]);
  const texts = repeated(pngChunk('zTXt', named('note\0\0')), 900);
  const cases = {
    'ztxt-900': withPngChunk(png, texts),
    'ztxt-900-behind-pixels': behind(texts),
    'itxt-900': withPngChunk(png, repeated(pngChunk('iTXt', named('note\0\x01\0\0\0')), 900)),
    'itxt-xmp-900': withPngChunk(
      png,
      repeated(pngChunk('iTXt', named('XML:com.adobe.xmp\0\x01\0\0\0')), 900),
    ),
    'exif-unfolding': withPngChunk(png, exif),
    'exif-unfolding-ten-times': withPngChunk(png, repeated(exif, 10)),
    'profile-unfolding': withPngChunk(png, pngChunk('iCCP', named('p\0\0'))),
    'profile-of-15-mib': withPngChunk(png, pngChunk('iCCP', Buffer.alloc(15 * MIB, 0x70))),
    'palettes-suggested-100': withPngChunk(png, repeated(pngChunk('sPLT', Buffer.alloc(120_000, 1)), 100)),
    'text-700000-chunks': withPngChunk(png, repeated(pngChunk('tEXt', Buffer.from('k\0v')), 700_000)),
    'unknown-chunks-700000': withPngChunk(png, repeated(pngChunk('abCd', Buffer.from('any')), 700_000)),
  };
  return Object.entries(cases).map(([name, bytes]) =>
    makeCase(`metadata/png-${name}`, 'png', bytes, answer()),
  );
}

/** A JPEG segment; its content is cut to what fits. */
function segment(marker: number, content: Buffer): Buffer {
  const length = Math.min(content.length, 65_533);
  const head = Buffer.from([0xff, marker, (length + 2) >> 8, (length + 2) & 255]);
  return Buffer.concat([head, content.subarray(0, length)]);
}

function jpegs(jpeg: Buffer): CorpusCase[] {
  const full = (text: string) => Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(65_533, 0x20)]);
  const exif = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), unfoldingExif(2700, 33_000)]);
  const profile = (index: number) => segment(0xe2, full(`ICC_PROFILE\0${String.fromCharCode(index)}\xff`));
  const parts = {
    'exif-unfolding': segment(0xe1, exif),
    'exif-unfolding-200-times': repeated(segment(0xe1, exif), 200),
    'xmp-200': repeated(segment(0xe1, full('http://ns.adobe.com/xap/1.0/\0')), 200),
    'photoshop-200': repeated(segment(0xed, full('Photoshop 3.0\x008BIM\x04\x04')), 200),
    'comments-200': repeated(segment(0xfe, full('')), 200),
    'comments-3000000': repeated(segment(0xfe, Buffer.from('')), 3_000_000),
    'profile-of-13-mib': Buffer.concat(Array.from({ length: 200 }, (_, index) => profile(index + 1))),
  };
  return Object.entries(parts).map(([name, part]) => {
    const bytes = Buffer.concat([jpeg.subarray(0, 2), part, jpeg.subarray(2)]);
    return makeCase(`metadata/jpeg-${name}`, 'jpg', bytes, answer());
  });
}

function riffChunk(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 'latin1');
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}

/** A simple WebP as an extended one, with chunks before and behind its pixels. */
function extendedWebp(webp: Buffer, size: readonly [number, number], before: Buffer, behind: Buffer): Buffer {
  const header = Buffer.alloc(10);
  header[0] = 0x20 | 0x08 | 0x04; // profile, Exif, XMP
  header.writeUIntLE(size[0] - 1, 4, 3);
  header.writeUIntLE(size[1] - 1, 7, 3);
  const body = Buffer.concat([
    Buffer.from('WEBP'),
    riffChunk('VP8X', header),
    before,
    webp.subarray(12),
    behind,
  ]);
  return riffChunk('RIFF', body);
}

function webps(webp: Buffer): CorpusCase[] {
  const none = Buffer.alloc(0);
  const exif = riffChunk('EXIF', unfoldingExif(4000, 400_000));
  const parts: Record<string, [before: Buffer, behind: Buffer]> = {
    'exif-unfolding': [none, exif],
    'exif-unfolding-ten-times': [none, repeated(exif, 10)],
    'xmp-of-15-mib': [none, riffChunk('XMP ', Buffer.alloc(15 * MIB, 0x20))],
    'profile-of-15-mib': [riffChunk('ICCP', Buffer.alloc(15 * MIB, 0x70)), none],
    'unknown-chunks-900000': [none, repeated(riffChunk('abcd', none), 900_000)],
  };
  return Object.entries(parts).map(([name, [before, behind]]) =>
    makeCase(
      `metadata/webp-${name}`,
      'webp',
      extendedWebp(webp, [96, 64], before, behind),
      answer('color', LOSSY),
    ),
  );
}

/** The first directory of a little-endian TIFF with entries added behind its own, and what they point to behind the file. */
function withTiffTags(
  tiff: Buffer,
  added: readonly (readonly [tag: number, type: number, count: number])[],
  data: Buffer,
  next = 0,
): Buffer {
  const from = tiff.readUInt32LE(4);
  const own = tiff.readUInt16LE(from);
  const directory = Buffer.alloc(2 + (own + added.length) * 12 + 4);
  directory.writeUInt16LE(own + added.length, 0);
  tiff.copy(directory, 2, from + 2, from + 2 + own * 12);
  for (const [index, [tag, type, count]] of added.entries()) {
    const at = 2 + (own + index) * 12;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(type, at + 2);
    directory.writeUInt32LE(count, at + 4);
    directory.writeUInt32LE(tiff.length + directory.length, at + 8);
  }
  directory.writeUInt32LE(next, directory.length - 4);
  const moved = Buffer.concat([tiff, directory, data]);
  moved.writeUInt32LE(tiff.length, 4);
  return moved;
}

function tiffs(tiff: Buffer): CorpusCase[] {
  const data = Buffer.alloc(14 * MIB, 0x41);
  const all = (type: number, count: number) =>
    Array.from({ length: 4000 }, (_, index) => [40_000 + index, type, count] as const);
  const from = tiff.readUInt32LE(4);
  const own = tiff.subarray(from, from + 2 + tiff.readUInt16LE(from) * 12);
  const chain = Buffer.concat(
    Array.from({ length: 60_000 }, (_, index) => {
      const next = Buffer.alloc(4);
      next.writeUInt32LE(
        index === 59_999 ? 0 : tiff.length + own.length + 4 + (index + 1) * (own.length + 4),
      );
      return Buffer.concat([own, next]);
    }),
  );
  const cases = {
    'description-of-14-mib': withTiffTags(tiff, [[270, 2, 14 * MIB]], data),
    'xmp-of-14-mib': withTiffTags(tiff, [[700, 7, 14 * MIB]], data),
    'photoshop-of-14-mib': withTiffTags(tiff, [[34_377, 7, 14 * MIB]], data),
    'profile-of-14-mib': withTiffTags(tiff, [[34_675, 7, 14 * MIB]], data),
    'tags-4000-of-the-same-14-mib': withTiffTags(tiff, all(7, 14 * MIB), data),
    'tags-4000-of-text': withTiffTags(tiff, all(2, 14 * MIB), data),
    'directories-60000': withTiffTags(tiff, [], chain, tiff.length + own.length + 4),
  };
  return Object.entries(cases).map(([name, bytes]) =>
    makeCase(`metadata/tiff-${name}`, 'tiff', bytes, answer()),
  );
}

function gifs(gif: Buffer): CorpusCase[] {
  const screen = 13 + 3 * 2 ** (((gif[10] as number) & 7) + 1);
  const block = Buffer.concat([Buffer.from([255]), Buffer.alloc(255, 0x41)]);
  const extension = (head: string, blocks: number) =>
    Buffer.concat([Buffer.from(head, 'latin1'), repeated(block, blocks), Buffer.from([0])]);
  const parts = {
    'comment-of-14-mib': extension('\x21\xfe', 57_000),
    'comments-3000000': repeated(Buffer.from([0x21, 0xfe, 1, 0x41, 0]), 3_000_000),
    'application-of-14-mib': extension('\x21\xff\x0bXMP DataXMP', 57_000),
    'plain-text-200000': repeated(
      Buffer.concat([Buffer.from('\x21\x01\x0c', 'latin1'), Buffer.alloc(13)]),
      200_000,
    ),
  };
  return Object.entries(parts).map(([name, part]) => {
    const bytes = Buffer.concat([gif.subarray(0, screen), part, gif.subarray(screen)]);
    return makeCase(`metadata/gif-${name}`, 'gif', bytes, answer('color', LOSSY));
  });
}

function avifs(avif: Buffer): CorpusCase[] {
  const data = Buffer.alloc(14 * MIB, 0x41);
  const zeros = deflateSync(Buffer.alloc(64 * MIB), { level: 9 });
  const many = (item: HeifItem, times: number) => Array.from({ length: times }, () => item);
  const xmp = 'application/rdf+xml\0';
  const cases = {
    'exif-of-14-mib': withHeifItems(avif, [{ type: 'Exif', extents: 1 }], data),
    'exif-of-32-times-14-mib': withHeifItems(avif, [{ type: 'Exif', extents: 32 }], data),
    'items-30-of-448-mib': withHeifItems(avif, many({ type: 'mime', info: xmp, extents: 32 }, 30), data),
    'xmp-deflated': withHeifItems(
      avif,
      many({ type: 'mime', info: `${xmp}deflate\0`, extents: 1 }, 100),
      zeros,
    ),
    'items-unknown-200': withHeifItems(avif, many({ type: 'abcd', extents: 1 }, 200), data),
  };
  return Object.entries(cases).map(([name, bytes]) =>
    makeCase(`metadata/avif-${name}`, 'avif', bytes, answer('color', LOSSY)),
  );
}

/** All of them. About 250 MB of buffers. */
export async function metadataBombs(): Promise<CorpusCase[]> {
  const all = await specimens();
  const get = (name: string) => all.get(name) as Buffer;
  return [
    ...pngs(get('png')),
    ...jpegs(get('jpeg')),
    ...webps(get('webp')),
    ...tiffs(get('tiff-lzw')),
    ...gifs(get('gif')),
    ...avifs(get('avif')),
  ];
}
