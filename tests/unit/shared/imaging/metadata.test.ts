import type { ImageFormat } from '@scry/shared/contracts/prediction';
import { imageFormat } from '@scry/shared/imaging/format';
import { bareImage } from '@scry/shared/imaging/metadata/bare-image';
import sharp, { type Sharp } from 'sharp';
import { metadataBombs } from '../../../corpus/metadata-bombs.js';
import { pngChunk } from '../../../corpus/png.js';
import { drawScene, HEIGHT, storeTurned, WIDTH } from '../../../corpus/scene.js';
import { specimens } from '../../../corpus/variants.js';
import { randomFrom } from '../../../helpers/images.js';

type Encode = (image: Sharp) => Sharp;
const ENCODERS: readonly (readonly [ImageFormat, Encode])[] = [
  ['jpeg', (image) => image.jpeg({ quality: 95, chromaSubsampling: '4:4:4' })],
  ['png', (image) => image.png()],
  ['webp', (image) => image.webp({ lossless: true })],
  ['tiff', (image) => image.tiff({ compression: 'lzw' })],
  ['avif', (image) => image.avif({ lossless: true, effort: 0 })],
];
const ORIENTED = ENCODERS.filter(([format]) => format !== 'avif');

const scene = drawScene();
const raw = { width: WIDTH, height: HEIGHT, channels: 3 } as const;
const pixels = (bytes: Buffer) =>
  sharp(bytes, { autoOrient: true }).toColourspace('srgb').removeAlpha().raw().toBuffer();

/** The scene with everything in it that programs write beside the pixels. */
function laden(encode: Encode, orientation = 1): Promise<Buffer> {
  const stored = storeTurned(scene, orientation);
  const { width, height } = stored;
  const image = sharp(stored.data, { raw: { width, height, channels: 3 } })
    .withIccProfile('p3')
    .withExif({ IFD0: { Copyright: 'somebody', ImageDescription: 'x'.repeat(5000) } })
    .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>')
    .withMetadata({ orientation });
  return encode(image).toBuffer();
}

describe.each(ENCODERS)('%s', (format, encode) => {
  it('keeps its pixels and its profile and loses everything else', async () => {
    const bytes = await laden(encode);
    const bare = bareImage(bytes, format);
    const [before, after] = await Promise.all([sharp(bytes).metadata(), sharp(bare).metadata()]);
    expect(before.exif ?? before.xmp).toBeDefined();
    expect([after.exif, after.xmp, after.iptc, after.comments]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(after.icc).toEqual(before.icc);
    expect((await pixels(bare)).equals(await pixels(bytes))).toBe(true);
    expect(bare.includes('somebody') && format !== 'tiff' && format !== 'avif').toBe(false);
  });

  it('is not copied when there is nothing to lose', async () => {
    const bytes = await encode(sharp(scene.data, { raw })).toBuffer();
    const bare = bareImage(bytes, format);
    expect(bareImage(bare, format)).toBe(bare);
    if (format !== 'tiff') expect(bare).toBe(bytes); // libtiff writes tags that pixels do not need
  });

  it('is never changed itself', async () => {
    const bytes = await laden(encode, 6);
    const copy = Buffer.from(bytes);
    bareImage(bytes, format);
    expect(bytes.equals(copy)).toBe(true);
  });
});

it.each(ORIENTED)('%s keeps each of the eight orientations', async (format, encode) => {
  const upright = await pixels(await laden(encode));
  for (let orientation = 1; orientation <= 8; orientation++) {
    const bytes = await laden(encode, orientation);
    const bare = bareImage(bytes, format);
    expect((await sharp(bare).metadata()).orientation ?? 1).toBe(orientation);
    const shown = await pixels(bare);
    expect(shown.equals(await pixels(bytes))).toBe(true);
    if (format !== 'jpeg') expect(shown.equals(upright)).toBe(true);
  }
});

it('finds the orientation of a PNG behind its pixels', async () => {
  const stored = storeTurned(scene, 6);
  const png = await sharp(stored.data, { raw: { width: stored.width, height: stored.height, channels: 3 } })
    .png()
    .toBuffer();
  const exif = Buffer.from('4d4d002a00000008000101120003000000010006000000000000', 'hex');
  const end = png.length - 12;
  const turned = Buffer.concat([png.subarray(0, end), pngChunk('eXIf', exif), png.subarray(end)]);
  expect((await pixels(bareImage(turned, 'png'))).equals(scene.data)).toBe(true);
});

it('leaves out comments and applications of a GIF, and keeps its frames', async () => {
  const gif = (await specimens()).get('gif') as Buffer;
  const screen = 13 + 3 * 2 ** (((gif[10] as number) & 7) + 1);
  const comment = Buffer.from('\x21\xfe\x05hello\x00\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00', 'latin1');
  const laden = Buffer.concat([gif.subarray(0, screen), comment, gif.subarray(screen)]);
  expect(bareImage(laden, 'gif').includes('hello')).toBe(false);
  expect((await pixels(bareImage(laden, 'gif'))).equals(await pixels(gif))).toBe(true);
});

it('never throws, wherever a file is cut and whichever of its first bytes are wrong', async () => {
  const random = randomFrom(3);
  for (const bytes of (await specimens()).values()) {
    const format = imageFormat(bytes) as ImageFormat;
    const most = Math.min(bytes.length, 1500);
    for (let length = 64; length < most; length++) bareImage(bytes.subarray(0, length), format);
    for (let round = 0; round < 500; round++) {
      const wrong = Buffer.from(bytes.subarray(0, 4000));
      for (let change = 0; change < 4; change++)
        wrong[12 + Math.floor(random() * most)] = random() < 0.5 ? 255 : Math.floor(random() * 256);
      expect(bareImage(wrong, format).length).toBeGreaterThan(0);
    }
  }
});

it('takes the bomb out of every file of metadata', async () => {
  for (const { name, bytes } of await metadataBombs()) {
    const format = imageFormat(bytes) as ImageFormat;
    const bare = bareImage(bytes, format);
    const { exif, xmp, iptc, comments, icc } = await sharp(bare).metadata();
    expect([name, xmp, iptc, comments]).toEqual([name, undefined, undefined, undefined]);
    expect([name, (exif?.length ?? 0) + (icc?.length ?? 0) <= 5 * 1024 * 1024]).toEqual([name, true]);
  }
}, 120_000);
