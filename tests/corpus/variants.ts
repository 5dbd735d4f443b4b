/** One image, stored in every way that a camera, a scanner or a program may choose: the answer must not change. */
import sharp, { type Sharp } from 'sharp';
import { type BmpKind, makeBmp } from './bmp.js';
import { answer, type CorpusCase, type Expectation, makeCase } from './case.js';
import { drawScene, type Pixels, storeTurned } from './scene.js';

/** Lossy or few-colored storage; measured differences stay below half of it. */
const LOSSY = 0.06;

const CLEAN_JPEG = { quality: 95, chromaSubsampling: '4:4:4' } as const;

function open(pixels: Pixels): Sharp {
  const { width, height, data } = pixels;
  return sharp(data, { raw: { width, height, channels: 3 } });
}

interface Variant {
  readonly name: string;
  readonly extension: string;
  readonly make: (scene: Sharp) => Sharp;
  readonly expect?: Expectation;
}

const gray = answer('gray');
const lossy = answer('color', LOSSY);

const VARIANTS: readonly Variant[] = [
  { name: 'png', extension: 'png', make: (scene) => scene.png() },
  { name: 'png-interlaced', extension: 'png', make: (scene) => scene.png({ progressive: true }) },
  { name: 'png-palette', extension: 'png', make: (scene) => scene.png({ palette: true, colors: 256 }) },
  {
    name: 'png-palette-16',
    extension: 'png',
    make: (scene) => scene.png({ palette: true, colors: 16 }),
    expect: lossy,
  },
  { name: 'png-16-bit', extension: 'png', make: (scene) => scene.toColourspace('rgb16').png() },
  { name: 'png-alpha', extension: 'png', make: (scene) => scene.ensureAlpha().png() },
  { name: 'png-alpha-16-bit', extension: 'png', make: (s) => s.ensureAlpha().toColourspace('rgb16').png() },
  { name: 'png-gray', extension: 'png', make: (scene) => scene.grayscale().png(), expect: gray },
  {
    name: 'png-gray-alpha',
    extension: 'png',
    make: (scene) => scene.grayscale().ensureAlpha().png(),
    expect: gray,
  },
  {
    name: 'png-gray-16-bit',
    extension: 'png',
    make: (scene) => scene.toColourspace('grey16').png(),
    expect: gray,
  },
  { name: 'png-icc-p3', extension: 'png', make: (scene) => scene.withIccProfile('p3').png() },
  { name: 'jpeg', extension: 'jpg', make: (scene) => scene.jpeg(CLEAN_JPEG) },
  {
    name: 'jpeg-progressive',
    extension: 'jpg',
    make: (scene) => scene.jpeg({ ...CLEAN_JPEG, progressive: true }),
  },
  { name: 'jpeg-4:2:0', extension: 'jpg', make: (scene) => scene.jpeg({ quality: 90 }), expect: lossy },
  {
    name: 'jpeg-mozjpeg',
    extension: 'jpg',
    make: (scene) => scene.jpeg({ quality: 92, mozjpeg: true }),
    expect: lossy,
  },
  {
    name: 'jpeg-gray',
    extension: 'jpg',
    make: (scene) => scene.grayscale().jpeg({ quality: 95 }),
    expect: gray,
  },
  { name: 'jpeg-icc-p3', extension: 'jpg', make: (scene) => scene.withIccProfile('p3').jpeg(CLEAN_JPEG) },
  {
    name: 'jpeg-cmyk',
    extension: 'jpg',
    make: (scene) => scene.toColourspace('cmyk').jpeg(CLEAN_JPEG),
    expect: lossy,
  },
  { name: 'webp', extension: 'webp', make: (scene) => scene.webp({ quality: 95 }) },
  { name: 'webp-lossless', extension: 'webp', make: (scene) => scene.webp({ lossless: true }) },
  {
    name: 'webp-alpha',
    extension: 'webp',
    make: (scene) => scene.ensureAlpha().webp({ lossless: true }),
  },
  { name: 'webp-icc-p3', extension: 'webp', make: (s) => s.withIccProfile('p3').webp({ quality: 95 }) },
  { name: 'gif', extension: 'gif', make: (scene) => scene.gif(), expect: lossy },
  {
    name: 'gif-interlaced',
    extension: 'gif',
    make: (scene) => scene.gif({ progressive: true }),
    expect: lossy,
  },
  { name: 'avif', extension: 'avif', make: (scene) => scene.avif({ quality: 90, effort: 0 }), expect: lossy },
  {
    name: 'avif-lossless',
    extension: 'avif',
    make: (scene) => scene.avif({ lossless: true, effort: 0 }),
  },
  ...(['none', 'lzw', 'deflate', 'packbits'] as const).map(
    (compression): Variant => ({
      name: `tiff-${compression}`,
      extension: 'tiff',
      make: (scene) => scene.tiff({ compression }),
    }),
  ),
  {
    name: 'tiff-jpeg',
    extension: 'tiff',
    make: (scene) => scene.tiff({ compression: 'jpeg', quality: 95 }),
    expect: lossy,
  },
  { name: 'tiff-tiled', extension: 'tiff', make: (s) => s.tiff({ tile: true, compression: 'lzw' }) },
  { name: 'tiff-16-bit', extension: 'tiff', make: (scene) => scene.toColourspace('rgb16').tiff() },
  { name: 'tiff-gray', extension: 'tiff', make: (scene) => scene.grayscale().tiff(), expect: gray },
  { name: 'tiff-cmyk', extension: 'tiff', make: (s) => s.toColourspace('cmyk').tiff(), expect: lossy },
  { name: 'tiff-alpha', extension: 'tiff', make: (scene) => scene.ensureAlpha().tiff() },
];

const TURNED: readonly (readonly [string, (scene: Sharp) => Sharp])[] = [
  ['jpg', (scene) => scene.jpeg(CLEAN_JPEG)],
  ['png', (scene) => scene.png()],
  ['webp', (scene) => scene.webp({ lossless: true })],
  ['tiff', (scene) => scene.tiff({ compression: 'lzw' })],
];

async function orientations(scene: Pixels): Promise<CorpusCase[]> {
  const cases: CorpusCase[] = [];
  for (const [extension, make] of TURNED) {
    for (let orientation = 1; orientation <= 8; orientation++) {
      const stored = open(storeTurned(scene, orientation));
      const bytes = await make(stored.withMetadata({ orientation })).toBuffer();
      cases.push(makeCase(`orientation/${extension}-${orientation}`, extension, bytes, answer()));
    }
  }
  return cases;
}

/** Images of many frames; the first one is the scene, and it is what is asked about. */
async function animations(scene: Pixels): Promise<CorpusCase[]> {
  const { width, height, data } = scene;
  const cases: CorpusCase[] = [];
  for (const frames of [2, 12]) {
    const stack = Buffer.concat([data, Buffer.alloc(data.length * (frames - 1), 90)]);
    const raw = { width, height: height * frames, channels: 3, pageHeight: height } as const;
    const film = () => sharp(stack, { raw });
    const made = [
      ['gif', await film().gif().toBuffer(), lossy],
      ['webp', await film().webp({ lossless: true }).toBuffer(), answer()],
      ['tiff', await film().tiff({ compression: 'lzw' }).toBuffer(), answer()],
    ] as const;
    for (const [extension, bytes, expect] of made) {
      cases.push(makeCase(`animated/${extension}-${frames}-frames`, extension, bytes, expect));
    }
  }
  return cases;
}

const BITMAPS: readonly (readonly [BmpKind, Expectation])[] = [
  ['24', answer()],
  ['24-top-down', answer()],
  ['32', answer()],
  ['16-555', lossy],
  ['16-565', lossy],
  ['8', answer('color', 0.15)],
  ['8-rle', answer('color', 0.15)],
  ['4', answer('gray', 0.15)],
  ['1', { end: 'any' }], // black and white leaves nothing that a classifier could be sure of
  ['os2-24', { end: 'any' }], // older than Windows 3: read or refused, both will do
];

/** Small and odd sizes, which readers of blocks and tiles get wrong. */
async function sizes(): Promise<CorpusCase[]> {
  const cases: CorpusCase[] = [];
  for (const [width, height] of [
    [1, 1],
    [1, 64],
    [64, 1],
    [2, 3],
    [7, 5],
    [17, 33],
    [1000, 2],
    [640, 480],
  ] as const) {
    const scene = drawScene(width, height);
    for (const [extension, make] of TURNED) {
      const bytes = await make(open(scene)).toBuffer();
      cases.push(makeCase(`size/${extension}-${width}x${height}`, extension, bytes, { end: 'any' }));
    }
  }
  return cases;
}

/** All variants. The first case is the reference of group `color`; `variant/png-gray` is that of `gray`. */
export async function variants(): Promise<CorpusCase[]> {
  const scene = drawScene();
  const cases: CorpusCase[] = [];
  for (const { name, extension, make, expect } of VARIANTS) {
    const bytes = await make(open(scene)).toBuffer();
    cases.push(makeCase(`variant/${name}`, extension, bytes, expect ?? answer()));
  }
  for (const [kind, expect] of BITMAPS) {
    cases.push(makeCase(`variant/bmp-${kind}`, 'bmp', makeBmp(scene, kind), expect));
  }
  cases.push(...(await orientations(scene)), ...(await animations(scene)), ...(await sizes()));
  return cases;
}

const SPECIMENS: readonly string[] = [
  'jpeg',
  'jpeg-progressive',
  'png',
  'png-interlaced',
  'webp',
  'webp-lossless',
  'gif',
  'avif',
  'tiff-lzw',
  'tiff-none',
];

/** Readable images of one format each: what is damaged, renamed and wrapped elsewhere in the corpus. */
export async function specimens(): Promise<ReadonlyMap<string, Buffer>> {
  const scene = drawScene();
  const made = new Map<string, Buffer>();
  for (const { name, make } of VARIANTS) {
    if (SPECIMENS.includes(name)) made.set(name, await make(open(scene)).toBuffer());
  }
  made.set('bmp', makeBmp(scene, '24'));
  return made;
}

/** The file extension of a specimen. */
export function extensionOf(specimen: string): string {
  const format = specimen.split('-')[0] ?? specimen;
  return format === 'jpeg' ? 'jpg' : format;
}
