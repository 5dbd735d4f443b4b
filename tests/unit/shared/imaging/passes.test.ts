import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { antialiasedTaps } from '@scry/shared/imaging/resample/antialiased-taps';
import { keys } from '@scry/shared/imaging/resample/filters';
import { resampleFixed } from '@scry/shared/imaging/resample/fixed-passes';
import { PASSES } from '@scry/shared/imaging/resample/passes-binary';
import { type Raster, wholeScaling } from '@scry/shared/imaging/resample/raster';
import { integerTaps } from '@scry/shared/imaging/resample/taps';
import loadWabt from 'wabt';

const SOURCE = path.resolve(import.meta.dirname, '../../../../shared/wasm/passes.wat');

describe('the WebAssembly of the two passes', () => {
  it('is what its source says', async () => {
    const wabt = await loadWabt();
    const module = wabt.parseWat('passes.wat', await readFile(SOURCE, 'utf8'), { simd: true });
    expect(PASSES).toBe(Buffer.from(module.toBinary({}).buffer).toString('base64'));
  });

  it.each([
    [200, 150, 31, 47],
    [5, 3, 64, 33],
    [16, 16, 16, 16],
    [1, 1, 7, 1],
  ])('gives what JavaScript gives (%i x %i to %i x %i)', (width, height, toWidth, toHeight) => {
    const gray = (channel: number): Raster => ({
      data: Uint8Array.from(
        { length: width * height },
        (_, at) => (at * (7919 + channel) + channel * 31) >> 3,
      ),
      width,
      height,
      channels: 1,
    });
    const planes = [gray(0), gray(1), gray(2)];
    const data = Uint8Array.from(
      { length: width * height * 3 },
      (_, at) => planes[at % 3]?.data[Math.floor(at / 3)] as number,
    );
    const { x, y } = wholeScaling({ width, height }, toWidth, toHeight);
    const fixed = (weight: number) => Math.round(weight * (1 << 22));
    const columns = integerTaps(antialiasedTaps(x, keys), fixed);
    const rows = integerTaps(antialiasedTaps(y, keys), fixed);
    const rgb = resampleFixed({ data, width, height, channels: 3 }, columns, rows, 22);
    for (const [channel, plane] of planes.entries()) // one channel at a time is scaled in JavaScript
      expect(rgb.filter((_, at) => at % 3 === channel)).toEqual(resampleFixed(plane, columns, rows, 22));
  });
});
