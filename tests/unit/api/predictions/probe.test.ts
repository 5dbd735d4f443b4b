import { describeImage } from '@scry/api/predictions/create/probe';
import type { PendingImage } from '@scry/shared/storage/image-storage';
import sharp from 'sharp';

const IMAGE = { create: { width: 300, height: 200, channels: 3, background: 'red' } } as const;

/** The beginning of an image, in a buffer that goes on with the rest of it, as one that Node shares among requests may. */
async function cut(format: 'gif' | 'png' | 'webp', length: number): Promise<PendingImage> {
  const whole = await sharp(IMAGE).toFormat(format).toBuffer();
  const head = Buffer.from(whole).subarray(0, length);
  return { head, bytes: head.length, sha256: '', whole: async () => head } as unknown as PendingImage;
}

it.each([
  ['gif', 6],
  ['gif', 9],
  ['png', 16],
  ['png', 23],
  ['webp', 20],
  ['webp', 26],
] as const)('reads nothing behind the end of a %s that has %i bytes', async (format, length) => {
  await expect(describeImage(await cut(format, length), 1e6)).rejects.toThrow('its header is broken');
});

it.each(['gif', 'png', 'webp'] as const)('finds the size of a %s in its first bytes', async (format) => {
  const found = await describeImage(await cut(format, 60), 1e6);
  expect(found).toMatchObject({ format, width: 300, height: 200 });
});
