import type { Answer } from '@scry/shared/tasks/answer';
import { decodeMask } from '@scry/shared/tasks/segmentation/rle';
import type { Tensor } from '@scry/worker/inference/engines/engine';
import { createSegmentation } from '@scry/worker/inference/tasks/segmentation';
import { makeTask, outputsOf, tensor } from '../../../../helpers/task-model.js';

interface Options {
  readonly geometry?: { x: number; y: number; width: number; height: number };
  readonly parameters?: Record<string, number>;
  readonly size?: { width: number; height: number };
}

function segment(parts: Record<string, unknown>, outputs: Record<string, Tensor>, options: Options = {}) {
  const size = options.size ?? { width: 4, height: 4 };
  const task = createSegmentation(makeTask({ task: 'segmentation', ...parts }, Object.keys(outputs), size));
  const tensors = outputsOf(outputs);
  task.check(tensors, 1);
  const geometry = options.geometry ?? { x: 0, y: 0, ...size };
  const outcome = task.interpret(tensors, {
    index: 0,
    batch: 1,
    geometry,
    parameters: options.parameters ?? {},
  });
  if (outcome.status === 'failed') throw new Error(outcome.error.message);
  return outcome.output.predictions;
}

/** A mask as rows of text: "#" where it is set. */
function drawn({ mask }: Answer): string[] {
  if (!mask) return [];
  const [rows, columns] = mask.size;
  const cells = decodeMask(mask);
  return Array.from({ length: rows }, (_, row) =>
    Array.from(cells.subarray(row * columns, (row + 1) * columns), (cell) => (cell ? '#' : '.')).join(''),
  );
}

describe('semantic segmentation', () => {
  const labels = ['nothing', 'cat', 'dog'];
  const semantic = { labels, output: { format: 'semantic', background: 0 } };
  /** Logits of a 4 × 4 image: cats on the left half, a dog in the lower right corner. */
  const classes = [1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 2, 1, 1, 2, 2];
  const planes = labels.flatMap((_, label) => classes.map((one): number => (one === label ? 4 : 0)));
  const places = classes.flatMap((one) => labels.map((_, label) => (one === label ? 4 : 0)));
  const wanted = [
    ['##..', '##..', '##..', '##..'],
    ['....', '....', '...#', '..##'],
  ];

  it.each([
    ['planes', tensor([1, 3, 4, 4], planes)],
    ['places', tensor([1, 4, 4, 3], places)],
    ['class numbers', { dims: [1, 4, 4], data: BigInt64Array.from(classes.map(BigInt)) }],
  ])('reads %s: one answer per class, the largest first, without the background', (_, scores) => {
    const answers = segment(semantic, { scores });
    expect(answers.map(({ class_name, area }) => [class_name, area])).toEqual([
      ['cat', 0.5],
      ['dog', 0.1875],
    ]);
    expect(answers.map(drawn)).toEqual(wanted);
  });

  it('gives the mean probability of a class over its pixels', () => {
    const [cat] = segment(semantic, { scores: tensor([1, 3, 4, 4], planes) });
    expect(cat?.confidence).toBeCloseTo(Math.exp(4) / (Math.exp(4) + 2), 4);
  });

  it('leaves out classes that are less confident than asked for', () => {
    const scores = tensor([1, 3, 4, 4], planes);
    expect(segment(semantic, { scores }, { parameters: { threshold: 0.99 } })).toEqual([]);
  });

  it('cuts the padding of a letterboxed image away', () => {
    const scores = tensor([1, 3, 4, 4], planes);
    const answers = segment(semantic, { scores }, { geometry: { x: 0, y: 1, width: 4, height: 2 } });
    expect(answers.map(drawn)).toEqual([
      ['##..', '##..'],
      ['....', '...#'],
    ]);
  });

  it('samples scores of a coarse output between its places', () => {
    const coarse = tensor([1, 2, 1, 2], [1, 0, 0, 1]);
    const answers = segment(
      { labels: ['left', 'right'], output: { format: 'semantic' } },
      { scores: coarse },
      { size: { width: 8, height: 2 } },
    );
    expect(answers.map(drawn)).toEqual([
      ['####....', '####....'],
      ['....####', '....####'],
    ]);
  });

  it('fails on values that are not numbers, naming the output', () => {
    const scores = tensor([1, 3, 4, 4], planes.with(20, Number.NaN));
    expect(() => segment(semantic, { scores })).toThrow(/output "scores" holds values that are not numbers/);
  });

  it('refuses a shape that does not fit the labels', () => {
    expect(() => segment(semantic, { scores: tensor([1, 7, 4, 4], new Array(112).fill(0)) })).toThrow(
      /"semantic" with 3 labels needs \[n, 3, rows, columns\]/,
    );
  });
});

describe('instance segmentation', () => {
  const labels = ['cat', 'dog'];
  /** Prototype 0 is set on the left half of a 4 × 4 grid, prototype 1 in the upper half. */
  const prototypes = [
    [1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1],
    [1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1, -1],
  ];
  /** Centre and size, class scores, two coefficients. */
  const cat = [4, 4, 8, 8, 0.9, 0, 1, 0];
  const dog = [4, 4, 8, 8, 0, 0.6, 0, 1];
  const columnsOf = (rows: number[][]) =>
    (rows[0] ?? []).flatMap((_, at) => rows.map((row) => row[at] as number));
  const outputs = (rows: number[][]) => ({
    output0: tensor([1, 8, rows.length], columnsOf(rows)),
    output1: tensor([1, 2, 4, 4], prototypes.flat()),
  });
  const model = { labels, output: { format: 'yolov8-seg' } };
  const size = { width: 8, height: 8 };

  it('makes a mask of each object from the prototypes', () => {
    const [first, second] = segment(model, outputs([cat, dog, [1, 1, 1, 1, 0, 0, 0, 0]]), { size });
    expect(first).toMatchObject({ class_name: 'cat', bbox: { cx: 0.5, cy: 0.5, w: 1, h: 1 }, area: 0.5 });
    expect(drawn(first as Answer)).toEqual(new Array(8).fill('####....'));
    expect(drawn(second as Answer)).toEqual([
      ...new Array(4).fill('########'),
      ...new Array(4).fill('........'),
    ]);
  });

  it('cuts a mask to its box', () => {
    const [only] = segment(model, outputs([[2, 2, 2, 2, 0.9, 0, 1, 0]]), { size });
    expect(drawn(only as Answer)).toEqual([
      '........',
      '.##.....',
      '.##.....',
      ...new Array(5).fill('........'),
    ]);
  });

  it('keeps the stronger of two objects of a class that overlap', () => {
    const weaker = cat.with(4, 0.5);
    expect(segment(model, outputs([cat, weaker]), { size })).toHaveLength(1);
  });

  it('reads rows with an objectness, as YOLOv5 has them', () => {
    const rows = [[4, 4, 8, 8, 0.5, 0.9, 0, 1, 0]];
    const answers = segment(
      { labels, output: { format: 'yolov5-seg' } },
      { output0: tensor([1, 1, 9], rows.flat()), output1: tensor([1, 2, 4, 4], prototypes.flat()) },
      { size },
    );
    expect(answers[0]).toMatchObject({ class_name: 'cat', confidence: 0.45, area: 0.5 });
  });

  it('asks for names where the outputs are not called as usual', () => {
    const { output0, output1 } = outputs([cat]);
    expect(() => segment(model, { a: output0, b: output1 }, { size })).toThrow(/output\.name: .*name one/);
  });
});
