import { createDetection } from '@scry/worker/inference/tasks/detection';
import { grid } from '@scry/worker/inference/tasks/formats/yolo';
import { FILLS, makeTask, outputsOf, tensor } from '../../../../helpers/task-model.js';

const labels = ['cat', 'dog'];

/** Rows of values → one output of one image, `[1, rows, values]` or turned round. */
function rowsTensor(rows: number[][], planar: boolean) {
  const [first = []] = rows;
  const columns = first.map((_, column) => rows.map((row) => row[column] as number));
  return planar
    ? tensor([1, first.length, rows.length], columns.flat())
    : tensor([1, rows.length, first.length], rows.flat());
}

function detect(
  output: object,
  rows: number[][],
  { planar = false, parameters = {}, size = { width: 100, height: 100 } } = {},
) {
  const task = createDetection(makeTask({ task: 'detection', labels, output }, ['output0'], size));
  const outputs = outputsOf({ output0: rowsTensor(rows, planar) });
  task.check(outputs, 1);
  const geometry = { ...FILLS, ...size };
  const outcome = task.interpret(outputs, { index: 0, batch: 1, geometry, parameters });
  if (outcome.status === 'failed') throw new Error(`${outcome.error.code} ${outcome.error.message}`);
  return outcome.output.predictions;
}

/** Centre and size in pixels of an input of 100 × 100, then scores. */
const CAT = [50, 50, 20, 40, 0.9, 0.1];
const DOG = [20, 20, 10, 10, 0.2, 0.6];

const cat = {
  class_index: 0,
  class_name: 'cat',
  confidence: 0.9,
  bbox: { cx: 0.5, cy: 0.5, w: 0.2, h: 0.4 },
};
const dog = {
  class_index: 1,
  class_name: 'dog',
  confidence: 0.6,
  bbox: { cx: 0.2, cy: 0.2, w: 0.1, h: 0.1 },
};

describe('yolov8', () => {
  const yolov8 = { format: 'yolov8' };

  it('reads one column per anchor', () => {
    expect(detect(yolov8, [CAT, DOG, [1, 1, 1, 1, 0, 0]], { planar: true })).toEqual([cat, dog]);
  });

  it('reads one row per anchor, as exports for TensorFlow.js have it', () => {
    expect(detect(yolov8, [CAT, DOG, [1, 1, 1, 1, 0, 0]])).toEqual([cat, dog]);
  });

  it('reads boxes relative to the input', () => {
    const relative = [CAT, DOG].map((row) => row.map((value, index) => (index < 4 ? value / 100 : value)));
    expect(detect({ ...yolov8, units: 'relative' }, relative)).toEqual([cat, dog]);
  });

  it('drops the weaker of two boxes of one class that overlap more than the manifest or the request allows', () => {
    const second = [52, 50, 20, 40, 0.8, 0];
    expect(detect({ ...yolov8, iou: 0.5 }, [CAT, second])).toEqual([cat]);
    expect(detect({ ...yolov8, iou: 0.5 }, [CAT, second], { parameters: { iou: 0.95 } })).toHaveLength(2);
  });

  it('leaves out what is below the threshold of the manifest or the request', () => {
    expect(detect({ ...yolov8, threshold: 0.7 }, [CAT, DOG])).toEqual([cat]);
    expect(detect({ ...yolov8, threshold: 0.7 }, [CAT, DOG], { parameters: { threshold: 0.5 } })).toEqual([
      cat,
      dog,
    ]);
  });

  it('returns no more than it is asked for', () => {
    expect(detect(yolov8, [CAT, DOG], { parameters: { max_detections: 1 } })).toEqual([cat]);
  });

  it('turns logits into probabilities', () => {
    const rows = [[50, 50, 20, 40, Math.log(9), -5]];
    expect(detect({ ...yolov8, activation: 'sigmoid' }, rows)[0]).toMatchObject({
      class_name: 'cat',
      confidence: 0.9,
    });
    const [softmax] = detect({ ...yolov8, activation: 'softmax' }, [
      [50, 50, 20, 40, 1000, 1000 + Math.log(3)],
    ]);
    expect(softmax).toMatchObject({ class_name: 'dog', confidence: 0.75 });
  });

  it('finds nothing in nothing', () => {
    expect(detect(yolov8, [[1, 1, 1, 1, 0, 0]])).toEqual([]);
  });

  it.each([
    ['score', [50, 50, 20, 40, Number.NaN, 0.1]],
    ['box', [Number.POSITIVE_INFINITY, 50, 20, 40, 0.9, 0.1]],
  ])('fails with code 520 when a %s is not a number', (_name, row) => {
    expect(() => detect(yolov8, [CAT, row])).toThrow(
      '520 The model\'s output "output0" holds values that are not numbers',
    );
  });

  it('says what shape it needs and what it found', () => {
    expect(() => detect(yolov8, [[1, 2, 3, 4, 0.5, 0.5, 0.5]])).toThrow(
      '/models/example/manifest.json: output.format: "yolov8" with 2 labels needs [n, 6, anchors], but output "output0" of model.onnx is [1, 1, 7]',
    );
  });
});

describe('yolov5', () => {
  it('multiplies class scores by the objectness', () => {
    const found = detect({ format: 'yolov5' }, [
      [50, 50, 20, 40, 0.5, 0.8, 0.1],
      [20, 20, 10, 10, 0.1, 1, 0],
    ]);
    expect(found).toEqual([{ ...cat, confidence: 0.4 }]);
  });

  it('fails with code 520 when an objectness is not a number', () => {
    expect(() => detect({ format: 'yolov5' }, [[50, 50, 20, 40, Number.NaN, 0.8, 0.1]])).toThrow('520');
  });
});

describe('yolox', () => {
  const size = { width: 64, height: 32 };
  const anchors = 4 * 8 + 2 * 4 + 1 * 2;
  const blank = () => Array.from({ length: anchors }, () => [0, 0, 0, 0, 0, 0, 0]);

  it('counts its cells stride by stride, row by row', () => {
    const { x, y, stride } = grid(64, 32, [8, 16, 32]);
    expect(stride).toHaveLength(anchors);
    expect([x[9], y[9], stride[9]]).toEqual([1, 1, 8]);
    expect([x[32 + 5], y[32 + 5], stride[32 + 5]]).toEqual([1, 1, 16]);
  });

  it('turns offsets in cells into boxes', () => {
    const rows = blank();
    rows[32 + 5] = [0.5, 0, Math.log(2), Math.log(0.5), 1, 0, 0.9]; // cell (1, 1) of stride 16
    expect(detect({ format: 'yolox' }, rows, { size })).toEqual([
      { class_index: 1, class_name: 'dog', confidence: 0.9, bbox: { cx: 24 / 64, cy: 0.5, w: 0.5, h: 0.25 } },
    ]);
  });

  it('takes pixels as they are when the export turned them already', () => {
    const found = detect({ format: 'yolox', decoded: true }, [[32, 16, 16, 16, 1, 0.9, 0]], { size });
    expect(found[0]?.bbox).toEqual({ cx: 0.5, cy: 0.5, w: 0.25, h: 0.5 });
  });

  it('says when strides and anchors do not go together', () => {
    expect(() => detect({ format: 'yolox', strides: [8, 16] }, blank(), { size })).toThrow(
      'output.strides: these strides give 40 anchors at 64 × 32, but output "output0" of model.onnx has 42',
    );
  });
});

describe('scores that are no confidences', () => {
  const logit = (value: number) => Math.log(value / (1 - value));
  const row = (objectness: number, ...classes: number[]) => [50, 50, 20, 40, objectness, ...classes];

  it.each([
    ['yolov8', [50, 50, 20, 40, 10.46, -3]],
    ['yolov5', row(10.46, 0.9, 0.1)],
    ['yolov5', row(-2, 0.9, 0.1)],
    ['yolox', row(0.9, 4.2, 0.1)],
  ])('are refused at load and never served (%s)', (format, values) => {
    const output = { format, ...(format === 'yolox' && { decoded: true }) };
    expect(() => detect(output, [values])).toThrow(
      /output.activation: output "output0" of model.onnx gave .*raw scores/,
    );
  });

  it('fail an image when only it shows them', () => {
    const task = createDetection(
      makeTask({ task: 'detection', labels, output: { format: 'yolov8' } }, ['output0']),
    );
    const outputs = outputsOf({ output0: rowsTensor([[50, 50, 20, 40, 10.46, 0]], false) });
    const outcome = task.interpret(outputs, { index: 0, batch: 1, geometry: FILLS, parameters: {} });
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { code: 520, message: expect.stringMatching(/gave 10\.4\d+ as a confidence/) },
    });
  });

  it('may miss 1 by rounding', () => {
    expect(detect({ format: 'yolov8' }, [[50, 50, 20, 40, 1.0004, 0]])).toEqual([{ ...cat, confidence: 1 }]);
  });

  it.each(['yolov5', 'yolox'])(
    'become confidences by the activation that the manifest names (%s)',
    (format) => {
      const output = { format, activation: 'sigmoid', ...(format === 'yolox' && { decoded: true }) };
      const [found] = detect(output, [row(logit(0.9), logit(0.8), logit(0.1))]);
      expect(found?.confidence).toBeCloseTo(0.72, 4);
    },
  );

  it('take objectness through a sigmoid where classes are a softmax', () => {
    const [found] = detect({ format: 'yolov5', activation: 'softmax' }, [row(logit(0.9), 3, 1)]);
    expect(found?.confidence).toBeCloseTo(0.9 / (1 + Math.exp(-2)), 4);
  });
});
