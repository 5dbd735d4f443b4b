/** Networks as Keras 3 saved them, with Keras' own answers. The files lie beside the project. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { convert } from '@scry/onnx/convert';
import sharp from 'sharp';
import { runOnnx } from '../../helpers/keras/run.js';
import { hasReference, REFERENCE } from '../../helpers/reference.js';

interface Network {
  readonly files: readonly string[];
  readonly input: readonly (number | null)[];
  readonly pictures: readonly string[];
  readonly output: readonly (readonly number[])[];
  readonly parameters: number;
}

const FOLDER = path.join(REFERENCE, 'keras');
const networks: [string, Network][] = hasReference
  ? Object.entries(JSON.parse(await readFile(path.join(FOLDER, 'expected.json'), 'utf8')).models)
  : [];

async function pixels(file: string, channels: number) {
  const image = sharp(path.join(FOLDER, file));
  const { data, info } = await (channels === 1 ? image.toColourspace('b-w') : image)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { shape: [info.height, info.width, info.channels], data: Float32Array.from(data) };
}

const files = networks.flatMap(([, network]) => network.files.map((file) => [file, network] as const));

(hasReference ? test.each(files) : test.skip.each([['(no reference files)', undefined]]))(
  '%s answers as Keras does',
  async (file, network) => {
    const { pictures, output, input, parameters } = network as Network;
    const { onnx, report } = await convert(new Map([[file, await readFile(path.join(FOLDER, file))]]));
    expect(report.parameters).toBe(parameters);
    for (const [index, picture] of pictures.entries()) {
      const [answer] = await runOnnx(onnx, [await pixels(picture, input.at(-1) as number)]);
      const right = (output[index] as number[]).flat(3);
      expect(answer?.length).toBe(right.length);
      const furthest = right.map((value, at) => Math.abs(value - (answer?.[at] ?? Number.NaN)));
      expect(Math.max(...furthest)).toBeLessThan(1e-4);
    }
  },
);
