import type { Tensor } from '@scry/worker/inference/engines/engine';
import { createDetection } from '@scry/worker/inference/tasks/detection';
import { FILLS, makeTask, outputsOf, tensor } from '../../../../helpers/task-model.js';

function interpreter(output: object, named: Record<string, Tensor>, labels: string[]) {
  return createDetection(makeTask({ task: 'detection', labels, output }, Object.keys(named)));
}

function detect(
  output: object,
  named: Record<string, Tensor>,
  labels: string[],
  { index = 0, batch = 1 } = {},
) {
  const task = interpreter(output, named, labels);
  task.check(outputsOf(named), batch);
  const outcome = task.interpret(outputsOf(named), { index, batch, geometry: FILLS, parameters: {} });
  if (outcome.status === 'failed') throw new Error(`${outcome.error.code} ${outcome.error.message}`);
  return outcome.output.predictions.map(({ class_name, confidence, bbox }) => [class_name, confidence, bbox]);
}

const LEFT_HALF = { cx: 0.25, cy: 0.5, w: 0.5, h: 1 };
const TOP_HALF = { cx: 0.5, cy: 0.25, w: 1, h: 0.5 };

describe('ssd, as TensorFlow exports it', () => {
  const named = (suffix = '') => ({
    [`detection_boxes${suffix}`]: tensor([1, 3, 4], [0, 0, 1, 0.5, 0, 0, 0.5, 1, 0.2, 0.2, 0.3, 0.3]),
    [`detection_classes${suffix}`]: tensor([1, 3], [2, 1, 1]),
    [`detection_scores${suffix}`]: tensor([1, 3], [0.9, 0.8, 0.7]),
    [`num_detections${suffix}`]: tensor([1], [2]),
  });

  it.each(['', ':0'])('reads yxyx boxes, classes from 1, and the count (names ending in "%s")', (suffix) => {
    expect(detect({ format: 'ssd' }, named(suffix), ['cat', 'dog'])).toEqual([
      ['dog', 0.9, LEFT_HALF],
      ['cat', 0.8, TOP_HALF],
    ]);
  });

  it('refuses at load what names a class beyond the labels', () => {
    expect(() => detect({ format: 'ssd' }, named(), ['cat'])).toThrow(
      'labels: 1 labels, but output "detection_classes" of model.onnx names class 1 (counted from 0)',
    );
  });

  it('fails an image with such a class that the first runs did not show', () => {
    const task = interpreter({ format: 'ssd' }, named(), ['cat']);
    expect(
      task.interpret(outputsOf(named()), { index: 0, batch: 1, geometry: FILLS, parameters: {} }),
    ).toMatchObject({
      status: 'failed',
      error: { code: 520, message: expect.stringContaining('found class 1, but its manifest has 1 labels') },
    });
  });

  it('does not mind rows that are filled up with nothing, whatever class they say', () => {
    const filledUp = {
      ...named(),
      detection_classes: tensor([1, 3], [2, 1, 99]),
      detection_scores: tensor([1, 3], [0.9, 0.8, 0]),
      num_detections: tensor([1], [3]),
    };
    expect(detect({ format: 'ssd' }, filledUp, ['cat', 'dog'])).toHaveLength(2);
  });

  it('refuses at load scores that are no confidences', () => {
    for (const wrong of [10.46, -0.2]) {
      const raw = { ...named(), detection_scores: tensor([1, 3], [wrong, 0.8, 0.7]) };
      expect(() => detect({ format: 'ssd' }, raw, ['cat', 'dog'])).toThrow(
        /output.format: output "detection_scores" of model.onnx gave .* as a confidence, which lies outside 0 to 1/,
      );
    }
  });

  it('names an output that is missing', () => {
    const { num_detections: _, ...rest } = named();
    expect(() => interpreter({ format: 'ssd' }, rest, ['cat'])).toThrow(
      'output.count.name: model.onnx has no output "num_detections" but detection_boxes, detection_classes, detection_scores',
    );
  });
});

describe('torchvision and Detectron2, which know no batch', () => {
  const output = {
    format: 'boxes',
    boxes: { name: 'boxes', type: 'xyxy', units: 'pixels' },
    scores: { name: 'scores' },
    classes: { name: 'labels', offset: 1 },
  };

  it('reads pixels and 64-bit labels', () => {
    const named = {
      boxes: tensor([2, 4], [0, 0, 50, 100, 0, 0, 100, 50]),
      labels: tensor([2], BigInt64Array.of(2n, 1n)),
      scores: tensor([2], [0.9, 0.8]),
    };
    expect(detect(output, named, ['cat', 'dog'])).toEqual([
      ['dog', 0.9, LEFT_HALF],
      ['cat', 0.8, TOP_HALF],
    ]);
  });

  it('accepts that nothing was found', () => {
    const named = { boxes: tensor([0, 4], []), labels: tensor([0], []), scores: tensor([0], []) };
    expect(detect(output, named, ['cat'])).toEqual([]);
  });

  it('drops the background where it has a number', () => {
    const named = {
      boxes: tensor([1, 4], [0, 0, 9, 9]),
      labels: tensor([1], [0]),
      scores: tensor([1], [0.9]),
    };
    expect(detect(output, named, ['cat'])).toEqual([]);
  });
});

describe('scores per class', () => {
  const face = {
    format: 'boxes',
    boxes: { name: 'boxes', type: 'xyxy', units: 'relative' },
    scores: { name: 'scores', background: 0 },
    nms: true,
  };

  it('reads a face detector: background first, suppression still to be done', () => {
    const named = {
      scores: tensor([1, 3, 2], [0.1, 0.9, 0.2, 0.8, 0.9, 0.1]),
      boxes: tensor([1, 3, 4], [0, 0, 0.5, 1, 0.01, 0, 0.5, 1, 0, 0, 1, 1]),
    };
    expect(detect(face, named, ['face'])).toEqual([['face', 0.9, LEFT_HALF]]);
  });

  it('reads DETR: centre and size, softmax, background last', () => {
    const detr = {
      format: 'boxes',
      boxes: { name: 'pred_boxes', type: 'cxcywh', units: 'relative' },
      scores: { name: 'logits', activation: 'softmax', background: 2 },
    };
    const named = {
      pred_boxes: tensor([1, 2, 4], [0.25, 0.5, 0.5, 1, 0.5, 0.5, 1, 1]),
      logits: tensor([1, 2, 3], [0, 10, 0, 0, 0, 10]),
    };
    expect(detect(detr, named, ['cat', 'dog'])).toEqual([['dog', 0.99991, LEFT_HALF]]);
  });

  it('counts the labels', () => {
    const named = { scores: tensor([1, 1, 3], [1, 0, 0]), boxes: tensor([1, 1, 4], [0, 0, 1, 1]) };
    expect(() => detect(face, named, ['face'])).toThrow(
      'labels: 1 labels, but output "scores" of model.onnx is [1, 1, 3]: 2 classes without the background',
    );
  });

  it('reads each image of a batch', () => {
    const named = {
      scores: tensor([2, 1, 2], [0, 0.9, 0, 0.8]),
      boxes: tensor([2, 1, 4], [0, 0, 0.5, 1, 0, 0, 1, 0.5]),
    };
    expect(detect(face, named, ['face'], { index: 1, batch: 2 })).toEqual([['face', 0.8, TOP_HALF]]);
  });
});

describe('columns of one output', () => {
  it('reads end-to-end YOLO: corners, score, class', () => {
    const output = {
      format: 'boxes',
      boxes: { name: 'output0', type: 'xyxy', units: 'pixels' },
      scores: { name: 'output0', column: 4 },
      classes: { name: 'output0', column: 5 },
    };
    const named = { output0: tensor([1, 2, 6], [0, 0, 50, 100, 0.9, 1, 0, 0, 100, 50, 0.8, 0]) };
    expect(detect(output, named, ['cat', 'dog'])).toEqual([
      ['dog', 0.9, LEFT_HALF],
      ['cat', 0.8, TOP_HALF],
    ]);
  });
});

describe('outputs that hold no numbers', () => {
  const output = {
    format: 'boxes',
    boxes: { name: 'boxes', type: 'xyxy', units: 'pixels' },
    scores: { name: 'scores' },
    classes: { name: 'labels' },
  };

  it.each(['boxes', 'scores', 'labels'])('fail with code 520 naming %s', (broken) => {
    const named: Record<string, Tensor> = {
      boxes: tensor([1, 4], [0, 0, 50, 100]),
      scores: tensor([1], [0.9]),
      labels: tensor([1], [0]),
    };
    const sound = named[broken] as Tensor;
    named[broken] = tensor(sound.dims, Float32Array.from(sound.data as Float32Array).fill(Number.NaN));
    expect(() => detect(output, named, ['cat'])).toThrow(`520 The model's output "${broken}" holds values`);
  });

  it('are told from outputs of a wrong shape', () => {
    const named = { boxes: tensor([1, 2], [0, 0]), scores: tensor([1], [0.9]), labels: tensor([1], [0]) };
    expect(() => detect(output, named, ['cat'])).toThrow(
      'output.boxes: needs four columns, but output "boxes" of model.onnx is [1, 2]',
    );
  });
});
