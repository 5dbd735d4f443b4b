/** Damaged and lying files: each ends in one sentence or a model, soon and without filling memory. */
import { convert } from '@scry/onnx/convert';
import { ConversionError } from '@scry/onnx/errors';
import { strToU8, zipSync } from 'fflate';
import { describeModel } from '../../helpers/keras/describe.js';
import { Recorder } from '../../helpers/keras/recorder.js';
import { hdf5, hdf5Model, kerasModel } from '../../helpers/keras/write.js';

function small(): Recorder {
  const k = new Recorder('small');
  const x = k.norm(k.conv(k.input([8, 8, 1], 'in'), 2, 3, { bias: true, name: 'conv' }), { name: 'bn' });
  k.outputs = [k.dense(k.globalPool(x), 2, 'softmax', 'out')];
  return k;
}

/** Converts and says what came of it; anything but a sentence or a model fails the test. */
async function outcome(name: string, bytes: Uint8Array): Promise<'converted' | string> {
  try {
    await convert(new Map([[name, bytes]]));
    return 'converted';
  } catch (error) {
    expect(error).toBeInstanceOf(ConversionError);
    expect((error as Error).message).toMatch(/^[^\n]{10,600}\.$/);
    return (error as Error).message;
  }
}

/** Numbers below a limit, the same in every run. */
function* numbers(seed: number): Generator<(limit: number) => number> {
  let state = seed;
  for (;;)
    yield (limit) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    };
}

let files: [string, Uint8Array][];

beforeAll(async () => {
  const model = small();
  files = [
    ['model.h5', await hdf5Model(model, 2)],
    ['model.keras', await kerasModel(model)],
  ];
});

test.each([0, 1])('cut off at 60 places (file %i)', async (index) => {
  const [name, bytes] = files[index] as [string, Uint8Array];
  for (let part = 0; part < 60; part += 1)
    expect(await outcome(name, bytes.slice(0, Math.floor((bytes.length * part) / 60)))).not.toBe('converted');
});

test.each([0, 1])('with single bytes changed at 120 places (file %i)', async (index) => {
  const [name, bytes] = files[index] as [string, Uint8Array];
  const random = numbers(index + 1).next().value as (limit: number) => number;
  for (let round = 0; round < 120; round += 1) {
    const copy = bytes.slice();
    for (let count = 1 + random(4); count > 0; count -= 1)
      copy[random(copy.length)] = random(3) ? random(256) : 255;
    await outcome(name, copy);
  }
});

test('with eight bytes of the HDF5 part, such as an offset or a size, set to the largest number', async () => {
  const [name, bytes] = files[0] as [string, Uint8Array];
  for (let at = 8; at < 1800; at += 16) await outcome(name, bytes.slice().fill(255, at, at + 8));
});

test('with the HDF5 part pointing at itself', async () => {
  const [name, bytes] = files[0] as [string, Uint8Array];
  const view = (copy: Uint8Array) => new DataView(copy.buffer);
  for (let at = 0; at < 1600; at += 32) {
    const copy = bytes.slice();
    view(copy).setBigUint64(at, BigInt(at), true);
    await outcome(name, copy);
  }
});

test('whole files still convert after all that', async () => {
  for (const [name, bytes] of files) expect(await outcome(name, bytes)).toBe('converted');
});

test('a weight that claims terabytes', async () => {
  for (const sizes of [
    [1_000_000, 1_000_000],
    [60_000, 60_000],
    [2 ** 31, 2 ** 31],
  ]) {
    const bytes = await hdf5((file) => {
      const layers = [
        { class_name: 'InputLayer', config: { name: 'in', batch_input_shape: [null, sizes[0]] } },
        { class_name: 'Dense', config: { name: 'd', units: sizes[1], use_bias: false } },
      ];
      file.create_attribute(
        'model_config',
        JSON.stringify({ class_name: 'Sequential', config: { name: 's', layers } }),
        null,
        'S',
      );
      const group = file.create_group('model_weights/d') ?? file;
      group.create_attribute('weight_names', ['d/kernel:0'], [1]);
    });
    expect(await outcome('model.h5', bytes)).not.toBe('converted');
  }
});

/** Changes the sizes that the headers of a zip state for its parts: of the parts themselves, and in its directory. */
function restated(zip: Uint8Array, size: number): Uint8Array {
  const view = new DataView(zip.buffer);
  for (let at = 0; at + 46 < zip.length; at += 1) {
    const signature = view.getUint32(at, true);
    if (signature === 0x04034b50) view.setUint32(at + 22, size, true);
    if (signature === 0x02014b50) view.setUint32(at + 24, size, true);
  }
  return zip;
}

test('a zip that unfolds to far more than it is', async () => {
  const config = strToU8(JSON.stringify(describeModel(small(), 3)));
  const parts = { 'model.weights.h5': new Uint8Array(2 ** 20), 'config.json': config };
  const before = process.memoryUsage().arrayBuffers;
  for (const size of [70 * 2 ** 20, 2 ** 31, 2 ** 32 - 2])
    expect(await outcome('model.keras', restated(zipSync(parts, { level: 1 }), size))).toContain(
      'more than it can hold',
    );
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * 2 ** 20);
});

test('a zip that states a smaller size than it unfolds to', async () => {
  const config = strToU8(JSON.stringify(describeModel(small(), 3)));
  const zip = zipSync(
    { 'model.weights.h5': new Uint8Array(8 * 2 ** 20), 'config.json': config },
    { level: 1 },
  );
  expect(await outcome('model.keras', restated(zip, 1000))).not.toBe('converted');
});

test('a zip without its parts, or with parts of another kind', async () => {
  const { weights, config } = { weights: files[0]?.[1] as Uint8Array, config: strToU8('{}') };
  for (const parts of [
    {},
    { 'config.json': config },
    { 'model.weights.h5': weights },
    { '../config.json': config, 'model.weights.h5': weights },
    { 'config.json': strToU8('['), 'model.weights.h5': weights },
    { 'config.json': config, 'model.weights.h5': config },
    { 'config.json': strToU8('null'), 'model.weights.h5': weights },
  ])
    expect(await outcome('model.keras', zipSync(parts))).not.toBe('converted');
});

const odd: unknown[] = [
  null,
  [],
  {},
  'text',
  7,
  true,
  -1,
  1e300,
  [[[]]],
  { class_name: 'Dense' },
  [null, null],
  '\u0000',
];

test('configs with values of the wrong kind in every place', async () => {
  const model = small();
  const whole = describeModel(model, 3);
  const weights = files[1]?.[1] as Uint8Array;
  expect(weights.length).toBeGreaterThan(0);
  const places: string[][] = [];
  const walk = (value: unknown, place: string[]) => {
    if (typeof value !== 'object' || value === null || place.length > 7) return;
    for (const [key, inner] of Object.entries(value)) {
      places.push([...place, key]);
      walk(inner, [...place, key]);
    }
  };
  walk(whole, []);
  const random = numbers(9).next().value as (limit: number) => number;
  for (let round = 0; round < 150; round += 1) {
    const copy = JSON.parse(JSON.stringify(whole));
    const place = places[random(places.length)] as string[];
    const parent = place.slice(0, -1).reduce((value, key) => value[key], copy);
    parent[place.at(-1) as string] = odd[random(odd.length)];
    await outcome('model.keras', await kerasModel(model, { config: copy }));
  }
});
