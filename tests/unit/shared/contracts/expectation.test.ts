import { sentences } from '@scry/shared/contracts/expectation';
import { manifestSchema } from '@scry/shared/contracts/manifest';
import { z } from 'zod';

const GOOD = {
  name: 'cells',
  task: 'detection',
  file: 'model.onnx',
  labels: ['red', 'white'],
  input: { width: 640, height: 640 },
  output: { format: 'yolov8' },
};

const said = (schema: z.ZodType, value: unknown) => {
  const { error } = schema.safeParse(value);
  return error ? sentences(error, schema, value).map(({ field, message }) => `${field}: ${message}`) : [];
};

test.each<[string, Record<string, unknown>, string]>([
  [
    'a task of another name',
    { task: 'tracking' },
    'task: must be one of classification, detection, segmentation',
  ],
  ['labels that are a number', { labels: 3 }, 'labels: must be a list of values, each a text, or a text'],
  [
    'padding by name',
    { input: { pad: 'red' } },
    'input.pad: must be a whole number from 0 to 255, or a list of 3 values, each a whole number from 0 to 255',
  ],
  ['a mean with a text in it', { input: { mean: [0, 'half', 1] } }, 'input.mean.1: must be a number'],
  ['a width of nothing', { input: { width: 0 } }, 'input.width: must be a whole number from 1 to 8192'],
  ['a batch in words', { batch: { max: 'many' } }, 'batch.max: must be a whole number from 1 to 256'],
  [
    'a threshold beyond one',
    { output: { format: 'yolov8', threshold: 3 } },
    'output.threshold: must be a number from 0 to 1',
  ],
  [
    'resizing of another kind',
    { input: { resize: 'zoom' } },
    'input.resize: must be one of stretch, cover, contain, fit',
  ],
])('a manifest with %s is told what to write', (_what, wrong, sentence) => {
  expect(said(manifestSchema, { ...GOOD, ...wrong })).toEqual([sentence]);
});

test('a format that does not exist is told which do', () => {
  const [sentence] = said(manifestSchema, { ...GOOD, output: { format: 'yolov99' } });
  expect(sentence).toMatch(/^output\.format: must be one of probabilities, logits, .*yolov8/);
});

test('fields that are missing or unknown are told so', () => {
  const { file: _file, ...without } = GOOD;
  expect(said(manifestSchema, without)).toEqual(['file: is missing; it must be a text']);
  const [sentence] = said(manifestSchema, { ...GOOD, inputs: {} });
  expect(sentence).toMatch(/^inputs: is not known here; known are .*name.*input.*output/);
});

test('a check of one’s own says it in its own words', () => {
  const schema = z.strictObject({ name: z.string().regex(/^[a-z]+$/, 'must be small letters') });
  expect(said(schema, { name: 'A' })).toEqual(['name: must be small letters']);
});

test('values that are converted from text are described by what they become', () => {
  const schema = z.strictObject({ limit: z.coerce.number().int().min(1).max(200) });
  expect(said(schema, { limit: 'many' })).toEqual(['limit: must be a whole number from 1 to 200']);
});
