/** Headers that promise something else than what follows: other sizes, depths, colors, offsets and counts. */
import { assembleBmp, infoHeader, makeBmp } from './bmp.js';
import { ANY, answer, type CorpusCase, makeCase, UNREADABLE } from './case.js';
import { pngChunk, withPngChunk, withPngHeader } from './png.js';
import { drawScene, HEIGHT, WIDTH } from './scene.js';
import { specimens } from './variants.js';

const SIDES = [0, 1, 2, 63, 65, 95, 97, 255, 256, 4095, 65_535, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

function pngLies(png: Buffer): CorpusCase[] {
  const cases: CorpusCase[] = [];
  const add = (name: string, header: Parameters<typeof withPngHeader>[1]) =>
    cases.push(makeCase(`lie/png-${name}`, 'png', withPngHeader(png, header), ANY));
  for (const width of SIDES) add(`width-${width}`, { width, height: HEIGHT });
  for (const height of SIDES) add(`height-${height}`, { width: WIDTH, height });
  for (const depth of [0, 1, 2, 3, 4, 8, 16, 32, 255]) {
    for (const color of [0, 1, 2, 3, 4, 6, 7]) {
      add(`depth-${depth}-color-${color}`, { width: WIDTH, height: HEIGHT, depth, color });
    }
  }
  for (const value of [1, 2, 255]) {
    add(`compression-${value}`, { width: WIDTH, height: HEIGHT, compression: value });
    add(`filter-${value}`, { width: WIDTH, height: HEIGHT, filter: value });
    add(`interlace-${value}`, { width: WIDTH, height: HEIGHT, interlace: value });
  }
  return cases;
}

function pngChunkLies(png: Buffer): CorpusCase[] {
  const chunk = (type: string, ...bytes: number[]) => pngChunk(type, Buffer.from(bytes));
  const cases = [
    ['trns-too-long', pngChunk('tRNS', Buffer.alloc(500, 1))],
    ['palette-of-three-bytes-less', chunk('PLTE', 1, 2, 3, 4)],
    ['palette-empty', chunk('PLTE')],
    ['gamma-zero', chunk('gAMA', 0, 0, 0, 0)],
    ['gamma-huge', chunk('gAMA', 255, 255, 255, 255)],
    ['chromaticity-zero', pngChunk('cHRM', Buffer.alloc(32))],
    ['profile-without-name', pngChunk('iCCP', Buffer.alloc(3))],
    ['profile-of-noise', pngChunk('iCCP', Buffer.from('x\0\0noise that was never compressed', 'latin1'))],
    ['exif-empty', pngChunk('eXIf', Buffer.alloc(0))],
    ['exif-of-noise', pngChunk('eXIf', Buffer.from('MM\0*\xff\xff\xff\xff', 'latin1'))],
    ['second-header', pngChunk('IHDR', Buffer.alloc(13, 1))],
    ['end-too-early', pngChunk('IEND', Buffer.alloc(0))],
    ['critical-unknown', pngChunk('ZZZZ', Buffer.from('?'))],
    ['physical-zero', pngChunk('pHYs', Buffer.alloc(9))],
    ['animation-of-no-frames', pngChunk('acTL', Buffer.alloc(8))],
    ['text-without-end', pngChunk('tEXt', Buffer.alloc(70_000, 65))],
  ] as const;
  const lengths = [0x7fff_ffff, 0xffff_ffff, 0xffff_fff0].map((length) => {
    const lying = Buffer.from(png);
    lying.writeUInt32BE(length, 33);
    return makeCase(`lie/png-chunk-length-${length}`, 'png', lying, ANY);
  });
  const wrongSum = Buffer.from(png);
  wrongSum[29] = (wrongSum[29] ?? 0) ^ 0xff;
  return [
    ...cases.map(([name, part]) => makeCase(`lie/png-${name}`, 'png', withPngChunk(png, part), ANY)),
    ...lengths,
    makeCase('lie/png-header-checksum', 'png', wrongSum, ANY),
  ];
}

/** The same bytes with one number written over. */
function patched(bytes: Buffer, at: number, size: 1 | 2 | 4, value: number, little: boolean): Buffer {
  const copy = Buffer.from(bytes);
  const fitting = size === 4 ? value >>> 0 : value % 2 ** (8 * size);
  if (little) copy.writeUIntLE(fitting, at, size);
  else copy.writeUIntBE(fitting, at, size);
  return copy;
}

const JPEG_SIDES = [0, 1, 7, 95, 97, 1000, 30_000, 65_535];

function jpegLies(jpeg: Buffer, label: string): CorpusCase[] {
  const cases: CorpusCase[] = [];
  const frame = [0xc0, 0xc1, 0xc2]
    .map((marker) => jpeg.indexOf(Buffer.from([0xff, marker])))
    .find((at) => at > 0);
  if (frame === undefined) throw new Error('this JPEG has no frame header');
  const add = (name: string, bytes: Buffer) =>
    cases.push(makeCase(`lie/${label}-${name}`, 'jpg', bytes, ANY));
  for (const side of JPEG_SIDES) {
    add(`height-${side}`, patched(jpeg, frame + 5, 2, side, false));
    add(`width-${side}`, patched(jpeg, frame + 7, 2, side, false));
    add(`both-${side}`, patched(patched(jpeg, frame + 5, 2, side, false), frame + 7, 2, side, false));
  }
  for (const value of [0, 1, 12, 16, 255])
    add(`precision-${value}`, patched(jpeg, frame + 4, 1, value, false));
  for (const value of [0, 1, 2, 4, 5, 255])
    add(`components-${value}`, patched(jpeg, frame + 9, 1, value, false));
  for (const value of [0x00, 0x11, 0x44, 0x88, 0xff, 0x14, 0x41]) {
    for (const component of [0, 1, 2]) {
      add(`sampling-${component}-${value}`, patched(jpeg, frame + 11 + component * 3, 1, value, false));
    }
  }
  for (const marker of [0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xcf]) {
    add(`frame-kind-${marker.toString(16)}`, patched(jpeg, frame + 1, 1, marker, false));
  }
  return cases;
}

/** Every segment's length, made too short and too long. */
function jpegSegmentLies(jpeg: Buffer): CorpusCase[] {
  const cases: CorpusCase[] = [];
  let at = 2;
  for (let segment = 0; at + 4 <= jpeg.length && jpeg[at] === 0xff && jpeg[at + 1] !== 0xda; segment++) {
    const length = jpeg.readUInt16BE(at + 2);
    for (const lie of [0, 1, 2, length - 1, length + 1, 65_535]) {
      const bytes = patched(jpeg, at + 2, 2, lie, false);
      cases.push(makeCase(`lie/jpeg-segment-${segment}-length-${lie}`, 'jpg', bytes, ANY));
    }
    at += 2 + length;
  }
  return cases;
}

/** An EXIF segment with one orientation entry of any value and type, put in after the start marker. */
function withExif(jpeg: Buffer, orientation: number, type: number, directoryAt: number): Buffer {
  const tiff = Buffer.alloc(26);
  tiff.write('MM\0*', 0, 'latin1');
  tiff.writeUInt32BE(directoryAt, 4);
  tiff.writeUInt16BE(1, 8);
  tiff.writeUInt16BE(0x0112, 10);
  tiff.writeUInt16BE(type, 12);
  tiff.writeUInt32BE(1, 14);
  tiff.writeUInt16BE(orientation, 18);
  const body = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
  const segment = Buffer.alloc(4);
  segment.writeUInt16BE(0xffe1, 0);
  segment.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), segment, body, jpeg.subarray(2)]);
}

function exifLies(jpeg: Buffer): CorpusCase[] {
  const cases = [0, 9, 255, 65_535].map((orientation) =>
    makeCase(`lie/exif-orientation-${orientation}`, 'jpg', withExif(jpeg, orientation, 3, 8), answer()),
  );
  for (const type of [0, 1, 2, 4, 7, 12, 999]) {
    cases.push(makeCase(`lie/exif-type-${type}`, 'jpg', withExif(jpeg, 1, type, 8), ANY));
  }
  for (const directoryAt of [0, 4, 7, 25, 26, 4096, 0xffff_ffff]) {
    const bytes = withExif(jpeg, 1, 3, directoryAt);
    cases.push(makeCase(`lie/exif-directory-at-${directoryAt}`, 'jpg', bytes, ANY));
  }
  return cases;
}

function bmpLies(): CorpusCase[] {
  const bmp = makeBmp(drawScene(), '24');
  const cases: CorpusCase[] = [];
  const fields = {
    fileSize: 2,
    dataAt: 10,
    headerSize: 14,
    width: 18,
    height: 22,
    compression: 30,
    colors: 46,
  };
  for (const [field, at] of Object.entries(fields)) {
    for (const value of [0, 1, 3, 12, 255, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
      cases.push(makeCase(`lie/bmp-${field}-${value}`, 'bmp', patched(bmp, at, 4, value, true), ANY));
    }
  }
  for (const bits of [0, 1, 2, 3, 4, 8, 15, 16, 31, 32, 64, 255]) {
    cases.push(makeCase(`lie/bmp-bits-${bits}`, 'bmp', patched(bmp, 28, 2, bits, true), ANY));
  }
  for (const bits of [1, 4, 8]) {
    const info = infoHeader({ width: WIDTH, height: HEIGHT, bits });
    const bytes = assembleBmp(info, Buffer.alloc(0), Buffer.alloc(WIDTH * HEIGHT, 0xff));
    cases.push(makeCase(`lie/bmp-${bits}-bits-without-palette`, 'bmp', bytes, ANY));
  }
  for (const runs of [[], [0], [255, 7], [0, 2, 255, 255], [0, 255, 1], [0, 2, 255]]) {
    const info = infoHeader({ width: WIDTH, height: HEIGHT, bits: 8, compression: 1 });
    const bytes = assembleBmp(info, Buffer.alloc(1024), Buffer.from(runs));
    cases.push(makeCase(`lie/bmp-runs-${runs.join('-') || 'none'}`, 'bmp', bytes, ANY));
  }
  return cases;
}

function gifLies(gif: Buffer): CorpusCase[] {
  const cases: CorpusCase[] = [];
  const frameAt = gif.indexOf(0x2c, 13 + 3 * 2 ** (((gif[10] ?? 0) & 7) + 1));
  for (const side of [0, 1, 95, 97, 1000, 32_768, 65_535]) {
    for (const [field, at] of Object.entries({ screenWidth: 6, screenHeight: 8 })) {
      cases.push(makeCase(`lie/gif-${field}-${side}`, 'gif', patched(gif, at, 2, side, true), ANY));
    }
    for (const [field, offset] of Object.entries({ left: 1, top: 3, width: 5, height: 7 })) {
      const bytes = patched(gif, frameAt + offset, 2, side, true);
      cases.push(makeCase(`lie/gif-frame-${field}-${side}`, 'gif', bytes, ANY));
    }
  }
  for (const flags of [0x00, 0x07, 0x80, 0xf7, 0xff]) {
    cases.push(makeCase(`lie/gif-flags-${flags}`, 'gif', patched(gif, 10, 1, flags, true), ANY));
  }
  return cases;
}

function tiffLies(tiff: Buffer): CorpusCase[] {
  const cases: CorpusCase[] = [];
  const directory = tiff.readUInt32LE(4);
  const entries = tiff.readUInt16LE(directory);
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + entry * 12;
    const tag = tiff.readUInt16LE(at);
    for (const value of [0, 1, 0xffff, 0x7fff_ffff, 0xffff_ffff]) {
      cases.push(
        makeCase(`lie/tiff-tag-${tag}-value-${value}`, 'tiff', patched(tiff, at + 8, 4, value, true), ANY),
      );
    }
    for (const count of [0, 0xffff_ffff]) {
      cases.push(
        makeCase(`lie/tiff-tag-${tag}-count-${count}`, 'tiff', patched(tiff, at + 4, 4, count, true), ANY),
      );
    }
  }
  const loop = patched(tiff, directory + 2 + entries * 12, 4, directory, true);
  cases.push(makeCase('lie/tiff-directories-in-a-circle', 'tiff', loop, ANY));
  for (const at of [0, 1, 7, tiff.length - 1, tiff.length, 0xffff_ffff]) {
    cases.push(makeCase(`lie/tiff-directory-at-${at}`, 'tiff', patched(tiff, 4, 4, at, true), ANY));
  }
  return cases;
}

/** WebP and AVIF keep sizes and lengths in boxes: each is written over. */
function boxLies(webp: Buffer, avif: Buffer): CorpusCase[] {
  const cases: CorpusCase[] = [];
  for (const value of [0, 1, 7, 100, 0x7fff_ffff, 0xffff_ffff]) {
    cases.push(makeCase(`lie/webp-riff-length-${value}`, 'webp', patched(webp, 4, 4, value, true), ANY));
    cases.push(makeCase(`lie/webp-chunk-length-${value}`, 'webp', patched(webp, 16, 4, value, true), ANY));
    cases.push(makeCase(`lie/avif-ftyp-length-${value}`, 'avif', patched(avif, 0, 4, value, false), ANY));
    for (const name of ['meta', 'ispe', 'iloc', 'iprp', 'ipma', 'av1C', 'mdat', 'iinf', 'pitm', 'hdlr']) {
      const at = avif.indexOf(name, 0, 'latin1');
      if (at < 4) continue;
      cases.push(
        makeCase(`lie/avif-${name}-length-${value}`, 'avif', patched(avif, at - 4, 4, value, false), ANY),
      );
      cases.push(
        makeCase(`lie/avif-${name}-field-${value}`, 'avif', patched(avif, at + 8, 4, value, false), ANY),
      );
    }
  }
  const brands = ['heic', 'mif1', 'msf1', 'isom', 'mp42', 'jxl ', 'crx ', '\0\0\0\0'];
  for (const brand of brands) {
    const copy = Buffer.from(avif);
    copy.write(brand, 8, 'latin1');
    cases.push(makeCase(`lie/avif-brand-${brand.replaceAll('\0', '0').trim()}`, 'avif', copy, ANY));
  }
  return cases;
}

/** A right signature with nothing that belongs to it behind. */
function bareSignatures(all: ReadonlyMap<string, Buffer>): CorpusCase[] {
  const cases: CorpusCase[] = [];
  for (const [name, bytes] of all) {
    for (const [filling, byte] of [
      ['zeros', 0],
      ['ones', 0xff],
      ['letters', 0x41],
    ] as const) {
      const lying = Buffer.concat([bytes.subarray(0, 12), Buffer.alloc(4096, byte)]);
      cases.push(
        makeCase(`lie/${name}-signature-then-${filling}`, name.split('-')[0] ?? name, lying, UNREADABLE),
      );
    }
  }
  return cases;
}

/** All lying headers. */
export async function lying(): Promise<CorpusCase[]> {
  const all = await specimens();
  const get = (name: string) => all.get(name) as Buffer;
  return [
    ...pngLies(get('png')),
    ...pngChunkLies(get('png')),
    ...jpegLies(get('jpeg'), 'jpeg'),
    ...jpegLies(get('jpeg-progressive'), 'progressive'),
    ...jpegSegmentLies(get('jpeg')),
    ...exifLies(get('jpeg')),
    ...bmpLies(),
    ...gifLies(get('gif')),
    ...tiffLies(get('tiff-lzw')),
    ...boxLies(get('webp'), get('avif')),
    ...bareSignatures(all),
  ];
}
