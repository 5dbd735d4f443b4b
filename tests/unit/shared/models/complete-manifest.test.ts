/** What is made of the facts that a model's files tell. */
import { completeManifest, leavesOpen } from '@scry/shared/models/complete/complete-manifest';
import type { ModelFacts, OutputFacts } from '@scry/shared/models/complete/facts';
import { labelLines, pythonNames } from '@scry/shared/models/complete/label-lines';
import { manifestSchema } from '@scry/shared/models/model-folders';

type Dims = (number | null)[];

const output = (name: string, dims: Dims, more: Partial<OutputFacts> = {}): OutputFacts => ({
  name,
  dims,
  activation: null,
  measured: null,
  ...more,
});

const image = (dims: Dims, type: 'float32' | 'uint8' = 'float32') => ({ name: 'images', dims, type });

function facts(parts: Partial<ModelFacts>): ModelFacts {
  return {
    folder: 'my-model',
    file: 'model.onnx',
    format: 'onnx',
    unread: null,
    network: '',
    input: image([null, 3, 224, 224]),
    outputs: [output('scores', [1, 3], { activation: 'none' })],
    metadata: {},
    preparing: [],
    darknetClasses: null,
    labels: null,
    teachableMachine: false,
    ...parts,
  };
}

/** The completed manifest; everything in it must please the schema. */
function completed(parts: Partial<ModelFacts>, given: Record<string, unknown> = {}) {
  const { manifest, notes } = completeManifest(given, facts(parts));
  const parsed = manifestSchema.safeParse(manifest);
  expect(parsed.error?.issues).toBeUndefined();
  for (const { reason } of notes) expect(reason).toMatch(/\w/);
  return manifest as { input: Record<string, unknown>; output: Record<string, unknown> } & Record<
    string,
    unknown
  >;
}

const NAMES = "{0: 'cat', 1: 'dog', 2: \"cow's calf\"}";
const ultralytics = (task: string | null, imgsz = '[640, 640]') => ({
  names: NAMES,
  stride: '32',
  imgsz,
  ...(task ? { task } : {}),
});

test('an Ultralytics detector needs nothing but its file', () => {
  const manifest = completed({
    input: image([1, 3, 640, 640]),
    outputs: [output('output0', [1, 7, 8400])],
    metadata: ultralytics('detect'),
  });
  expect(manifest).toMatchObject({
    name: 'my-model',
    task: 'detection',
    file: 'model.onnx',
    labels: ['cat', 'dog', "cow's calf"],
    input: { width: 640, height: 640, resize: 'contain', pad: 114, resample: 'opencv', scale: 1 / 255 },
    output: { format: 'yolov8', name: 'output0' },
  });
});

test('a size that the file leaves free is that of imgsz, height first', () => {
  const { input } = completed({
    input: image([null, 3, null, null]),
    outputs: [output('output0', [1, 7, 5040])],
    metadata: ultralytics('detect', '[384, 640]'),
  });
  expect(input).toMatchObject({ width: 640, height: 384 });
});

test.each([
  [
    'segment',
    [output('output0', [1, 39, 8400]), output('output1', [1, 32, 160, 160])],
    'segmentation',
    'yolov8-seg',
  ],
  ['classify', [output('output0', [1, 3], { activation: 'softmax' })], 'classification', 'probabilities'],
  [null, [output('output0', [1, 25200, 8])], 'detection', 'yolov5'],
  ['detect', [output('output0', [1, 300, 6])], 'detection', 'boxes'],
])('the task %p of Ultralytics is told by metadata and shapes', (task, outputs, expected, format) => {
  const manifest = completed({ input: image([1, 3, 640, 640]), outputs, metadata: ultralytics(task) });
  expect(manifest).toMatchObject({
    task: expected,
    labels: ['cat', 'dog', "cow's calf"],
    output: { format },
  });
  expect(manifest.input.resize).toBe(task === 'classify' ? 'cover' : 'contain');
});

test('what Ultralytics exports for a task that is not served is refused by name', () => {
  const pose = { outputs: [output('output0', [1, 56, 8400])], metadata: ultralytics('pose') };
  expect(() => completed(pose)).toThrow(/^task: the file was exported for "pose"/);
});

test('an export of Teachable Machine takes the middle square and -1 to 1', () => {
  const parts = { teachableMachine: true, labels: { source: 'metadata.json', names: ['a', 'b', 'c'] } };
  const keras = completed({
    ...parts,
    file: 'keras_model.h5',
    format: 'keras-h5',
    input: image([null, 224, 224, 3]),
  });
  expect(keras.labels).toEqual(['a', 'b', 'c']);
  expect(keras.input).toMatchObject({ resize: 'fit', resample: 'pillow', scale: 1 / 127.5, mean: [1, 1, 1] });
  const gray = completed({
    ...parts,
    file: 'model.json',
    format: 'tfjs-layers',
    input: image([null, 96, 96, 1]),
  });
  expect(gray.input).toMatchObject({ channels: 'gray', resize: 'fit', mean: [1] });
});

const layer = (className: string, settings: Record<string, unknown>) => ({
  name: className.toLowerCase(),
  className,
  settings,
});
const keras = { file: 'model.keras', format: 'keras', input: image([null, 64, 64, 3]) };

test.each([
  ['levels', [layer('Rescaling', { scale: 1 / 255 })], 1],
  ['levels', [layer('Rescaling', { scale: [1 / 127.5], offset: -1 })], 1],
  ['levels', [layer('Normalization', { mean: null })], 1],
  ['levels', [layer('TrueDivide', {}), layer('Subtract', {})], 1],
  ['0 to 1', [layer('Rescaling', { scale: 2, offset: -1 })], 1 / 255],
  ['0 to 1', [layer('Normalization', { mean: [0.48, 0.45, 0.4] })], 1 / 255],
  ['nothing', [], 1 / 255],
])('a Keras network whose layers scale %s gets scale accordingly', (_, preparing, scale) => {
  expect(completed({ ...keras, preparing }).input.scale).toBe(scale);
});

test("a manifest that says everything but scale gets it from Keras' layers, and nothing else", () => {
  const given = {
    name: 'my-model',
    task: 'classification',
    file: 'model.keras',
    labels: ['a', 'b', 'c'],
    output: { format: 'logits' },
  };
  expect(leavesOpen(given)).toBe(true);
  const rescaling = { ...keras, preparing: [layer('Rescaling', { scale: 1 / 255 })] };
  expect(completed(rescaling, given)).toEqual({ ...given, input: { scale: 1 } });
  expect(completed(keras, given)).toEqual(given);
  expect(leavesOpen({ ...given, input: { scale: 0.5 } })).toBe(false);
  expect(leavesOpen({ ...given, file: 'model.onnx' })).toBe(false);
});

test('a Resizing layer gives the size that the input leaves free, and its arithmetic', () => {
  const preparing = [
    layer('Resizing', { width: 56, height: 40, interpolation: 'bicubic', crop_to_aspect_ratio: true }),
  ];
  const { input } = completed({ ...keras, input: image([null, null, null, 3]), preparing });
  expect(input).toMatchObject({
    width: 56,
    height: 40,
    resample: 'tensorflow',
    filter: 'bicubic',
    resize: 'fit',
  });
});

test.each([
  ['resnet50', { channels: 'bgr', scale: 1, mean: [103.939, 116.779, 123.68] }],
  ['mobilenetv2_1.00_224', { scale: 1 / 127.5, mean: [1, 1, 1] }],
  ['densenet121', { std: [0.229, 0.224, 0.225] }],
  ['efficientnetb0', { scale: 1 }],
])('the network %p of keras.applications gets what its preprocess_input does', (network, input) => {
  expect(completed({ ...keras, network }).input).toMatchObject(input);
});

test('the last activation says whether a Keras classifier gives probabilities, and one unit means two classes', () => {
  const ends = (dims: Dims, activation: OutputFacts['activation']) =>
    completed({ ...keras, outputs: [output('dense', dims, { activation })] });
  expect(ends([1, 5], 'softmax').output.format).toBe('probabilities');
  expect(ends([1, 5], 'none')).toMatchObject({ output: { format: 'logits' }, labels: { length: 5 } });
  expect(ends([1, 1], 'sigmoid')).toMatchObject({
    output: { format: 'probabilities' },
    labels: ['class 0', 'class 1'],
  });
});

test('where the last operation says nothing, what came out for noise does', () => {
  const came = (least: number, most: number, sum: number) =>
    completed({ outputs: [output('y', [1, 4], { measured: { least, most, sum } })] }).output.format;
  expect(came(0.1, 0.4, 1)).toBe('probabilities');
  expect(came(0.1, 0.9, 2)).toBe('logits');
  expect(came(-3, 4, 1)).toBe('logits');
});

test('detectors of other exporters are known by their shapes and names', () => {
  const of = (dims: Dims) => completed({ input: image([1, 3, 416, 416]), outputs: [output('o', dims)] });
  expect(of([1, 3549, 85]).output.format).toBe('yolox');
  expect(of([1, 3549, 85]).input).toMatchObject({ channels: 'bgr', scale: 1, align: 'start' });
  expect(of([1, 10647, 85]).output.format).toBe('yolov5');
  expect(of([1, 84, 3549]).labels).toHaveLength(80);
  const detr = completed({ outputs: [output('logits', [1, 100, 92]), output('pred_boxes', [1, 100, 4])] });
  expect(detr).toMatchObject({
    labels: { length: 91 },
    output: { format: 'boxes', scores: { background: 91 } },
  });
});

test('darknet decodes inside: a row per box, relative to the stretched image', () => {
  const manifest = completed({
    file: 'tiny.cfg',
    format: 'darknet',
    darknetClasses: 80,
    input: image([null, 3, 320, 320]),
    outputs: [output('detections', [1, 6300, 85])],
  });
  expect(manifest).toMatchObject({
    task: 'detection',
    input: { resize: 'stretch', resample: 'opencv' },
    output: { format: 'yolov5', units: 'relative' },
  });
});

test('scores per place are a segmentation, whichever axis the classes lie on', () => {
  const of = (dims: Dims) => completed({ outputs: [output('out', dims)] });
  expect(of([1, 21, 130, 130])).toMatchObject({
    task: 'segmentation',
    output: { layout: 'nchw' },
    labels: { length: 21 },
  });
  expect(of([1, 130, 130, 21])).toMatchObject({ output: { layout: 'nhwc', activation: 'softmax' } });
});

test('what is given wins, and speaks for all fields that belong to it', () => {
  const given = {
    labels: ['x', 'y', 'z'],
    input: { resize: 'stretch', scale: 1 },
    output: { threshold: 0.5 },
  };
  const manifest = completed({}, given);
  expect(manifest.labels).toEqual(given.labels);
  expect(manifest.input).toEqual({ width: 224, height: 224, resize: 'stretch', scale: 1 });
  expect(manifest.output).toMatchObject({ threshold: 0.5, format: 'logits' });
});

test('of several outputs the one that fits the labels is read, or the one that is named', () => {
  const outputs = [output('features', [1, 1280]), output('scores', [1, 3])];
  expect(completed({ outputs }, { labels: ['a', 'b', 'c'] }).output.name).toBe('scores');
  expect(completed({ outputs }, { output: { name: 'scores' } }).output.name).toBe('scores');
  expect(() => completed({ outputs })).toThrow(/^output: must be given.*name one as output\.name/);
});

test('what nothing tells is asked for by the name of its field', () => {
  expect(() => completed({ input: image([null, 3, null, null]) })).toThrow(/^input\.width: must be given/);
  expect(() => completed({ outputs: [output('x', [1, 2, 3, 4, 5])] })).toThrow('"x" [1, 2, 3, 4, 5]');
  const ssd = ['detection_boxes', 'detection_scores', 'detection_classes'].map((name) =>
    output(name, [1, 100]),
  );
  expect(() => completed({ outputs: ssd })).toThrow(/^labels: must be given/);
  expect(() => completed({ input: null, outputs: [], unread: 'model.json runs on TensorFlow.js' })).toThrow(
    'output: must be given: model.json runs on TensorFlow.js',
  );
});

test('uint8 inputs take levels as they are, so that no scale is guessed', () => {
  expect(completed({ input: image([1, 3, 224, 224], 'uint8') }).input.scale).toBeUndefined();
});

test('names of classes are read as Python and Teachable Machine write them', () => {
  expect(pythonNames("['a', \"b's\"]")).toEqual(['a', "b's"]);
  expect(pythonNames("{0: 'it\\'s', 1: 'x: 2'}")).toEqual(["it's", 'x: 2']);
  expect(pythonNames("{1: 'a', 3: 'b'}")).toBeNull();
  expect(labelLines('0 dog\r\n1 black cat\n\n')).toEqual(['dog', 'black cat']);
  expect(labelLines('7 up\n1 cat')).toEqual(['7 up', '1 cat']);
});
