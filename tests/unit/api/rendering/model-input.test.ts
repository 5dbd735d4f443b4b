/** What a model is shown, drawn for people: which part of an image, where, and with what around it. */
import { drawInput, type ShownInput, shownPart } from '@scry/api/rendering/model-input';
import { inputSchema } from '@scry/shared/contracts/manifest';
import sharp from 'sharp';

const inputOf = (input: object): ShownInput =>
  inputSchema.parse({ width: 32, height: 32, resample: 'pillow', ...input }) as ShownInput;

describe('the part of an image that a model is shown', () => {
  const wide = { width: 100, height: 50 };

  it.each([
    ['stretch', {}, { from: 0, length: 100 }, { from: 0, length: 32 }],
    ['contain', { resize: 'contain' }, { from: 0, length: 100 }, { from: 0, length: 32 }],
    ['cover', { resize: 'cover' }, { from: 25, length: 50 }, { from: 0, length: 32 }],
    ['fit', { resize: 'fit' }, { from: 25, length: 50 }, { from: 0, length: 32 }],
    ['cover with a crop', { crop: 64 }, { from: 38, length: 25 }, { from: 0, length: 32 }],
  ])('%s', (_, input, source, target) => {
    expect(shownPart(wide, inputOf(input)).x).toEqual({ source, target });
  });

  it('is at least a pixel of however thin an image', () => {
    for (const resize of ['stretch', 'contain', 'cover', 'fit']) {
      const { x, y } = shownPart({ width: 20_000, height: 1 }, inputOf({ resize }));
      expect(Math.min(x.source.length, y.source.length, x.target.length, y.target.length)).toBeGreaterThan(0);
      expect(x.source.from + x.source.length).toBeLessThanOrEqual(20_000);
    }
  });
});

describe('the drawn input', () => {
  const red = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: '#ff0000' } });

  const draw = async (input: object) => {
    const png = await drawInput(red(100, 50), { width: 100, height: 50 }, inputOf(input));
    const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([32, 32, 3]);
    const at = (x: number, y: number) => [...data.subarray((y * 32 + x) * 3, (y * 32 + x) * 3 + 3)];
    return { top: at(16, 1), middle: at(16, 16) };
  };

  it('has the padding around an image that is fitted inside', async () => {
    expect(await draw({ resize: 'contain', pad: 114 })).toEqual({
      top: [114, 114, 114],
      middle: [255, 0, 0],
    });
  });

  it('has padding in the colors that a model with blue first is given', async () => {
    const { top } = await draw({ resize: 'contain', pad: [10, 20, 30], channels: 'bgr' });
    expect(top).toEqual([30, 20, 10]);
  });

  it('is gray where the model sees gray', async () => {
    const { middle } = await draw({ channels: 'gray' });
    expect(new Set(middle).size).toBe(1);
  });
});
