import { createClassification, largest } from '@scry/worker/inference/tasks/classification';
import { randomFrom } from '../../../../helpers/images.js';
import { FILLS, makeTask, outputsOf, tensor } from '../../../../helpers/task-model.js';

const asked = { index: 0, batch: 1, geometry: FILLS, parameters: {} };

function classify(output: object, values: number[], parameters = {}, labels = ['a', 'b', 'c']) {
  const task = createClassification(makeTask({ labels, output }, ['scores']));
  const outcome = task.interpret(outputsOf({ scores: tensor([1, values.length], values) }), {
    ...asked,
    parameters,
  });
  if (outcome.status === 'failed') throw new Error(outcome.error.message);
  return outcome.output.predictions.map(({ class_name, confidence }) => [class_name, confidence]);
}

const probabilities = { format: 'probabilities' };

describe('classification', () => {
  it('fails an image whose probabilities are none', () => {
    expect(() => classify(probabilities, [4.2, 0.1, 0.2])).toThrow('gave 4.19');
    expect(() => classify(probabilities, [-0.5, 0.1, 0.2])).toThrow('gave -0.5 as a confidence');
    expect(classify(probabilities, [1.0004, 0, -0.0004])[0]).toEqual(['a', 1]);
  });

  it('gives the likeliest classes first, with five decimals', () => {
    expect(classify(probabilities, [0.1, 0.7000049, 0.2])).toEqual([
      ['b', 0.7],
      ['c', 0.2],
      ['a', 0.1],
    ]);
  });

  it('turns logits into probabilities, however large they are', () => {
    expect(classify({ format: 'logits' }, [1000, 1000, -1000])).toEqual([
      ['a', 0.5],
      ['b', 0.5],
      ['c', 0],
    ]);
  });

  it('returns as many as the manifest says, unless the request says another number', () => {
    const output = { ...probabilities, top_k: 1 };
    expect(classify(output, [0.1, 0.7, 0.2])).toHaveLength(1);
    expect(classify(output, [0.1, 0.7, 0.2], { top_k: 2 })).toHaveLength(2);
  });

  it('leaves out what is below the threshold, unless every class is asked for', () => {
    const output = { ...probabilities, threshold: 0.5 };
    expect(classify(output, [0.1, 0.7, 0.2])).toEqual([['b', 0.7]]);
    expect(classify(output, [0.1, 0.7, 0.2], { threshold: 0.15 })).toHaveLength(2);
    expect(classify({ ...output, top_k: 1 }, [0.1, 0.7, 0.2], { all_classes: true })).toHaveLength(3);
  });

  it('reads one sigmoid with two labels as the second', () => {
    expect(classify(probabilities, [0.8], {}, ['no', 'yes'])).toEqual([
      ['yes', 0.8],
      ['no', 0.2],
    ]);
    expect(classify({ format: 'logits' }, [0], {}, ['no', 'yes'])).toEqual([
      ['no', 0.5],
      ['yes', 0.5],
    ]);
  });

  it('reads its own row of a batch', () => {
    const task = createClassification(makeTask({ output: probabilities }, ['scores']));
    const outputs = outputsOf({ scores: tensor([2, 3], [1, 0, 0, 0, 0, 1]) });
    const names = [0, 1].map((index) => {
      const outcome = task.interpret(outputs, { ...asked, index, batch: 2 });
      return outcome.status === 'succeeded' && outcome.output.predictions[0]?.class_name;
    });
    expect(names).toEqual(['a', 'c']);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('fails with code 520 when a value is %s', (value) => {
    const task = createClassification(makeTask({ output: probabilities }, ['scores']));
    const outcome = task.interpret(outputsOf({ scores: tensor([1, 3], [0.5, value, 0.5]) }), asked);
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 520 } });
    expect(outcome.status === 'failed' && outcome.error.message).toMatch(
      /output "scores" holds values that are not numbers/,
    );
  });

  it('finds the same as sorting does', () => {
    const random = randomFrom(1);
    for (let round = 0; round < 200; round++) {
      const values = Float64Array.from(
        { length: 1 + Math.floor(random() * 40) },
        () => Math.round(random() * 20) / 20,
      );
      const count = 1 + Math.floor(random() * values.length);
      const threshold = random() * 0.5;
      const sorted = [...values.keys()]
        .filter((index) => (values[index] as number) >= threshold)
        .sort((a, b) => (values[b] as number) - (values[a] as number) || a - b)
        .slice(0, count);
      expect(largest(values, count, threshold)).toEqual(sorted);
    }
  });
});

describe('a classification manifest that does not fit', () => {
  const check = (parts: object, dims: number[], values: number[], outputs = ['scores']) => {
    const task = createClassification(makeTask(parts as Record<string, unknown>, outputs));
    task.check(outputsOf({ scores: tensor(dims, values) }), 1);
  };

  it('names the labels when there are too few or too many', () => {
    expect(() => check({ output: probabilities }, [1, 4], [1, 0, 0, 0])).toThrow(
      '/models/example/manifest.json: labels: 3 labels, but output "scores" of model.onnx has 4 values per image (shape [1, 4])',
    );
  });

  it('names the format when probabilities are none', () => {
    expect(() => check({ output: probabilities }, [1, 3], [4.2, -1, 0])).toThrow(
      'output.format: output "scores" of model.onnx gave 4.',
    );
  });

  it('names the output that is not there, and those that are', () => {
    const output = { ...probabilities, name: 'result' };
    expect(() => check({ output }, [1, 3], [1, 0, 0])).toThrow(
      'output.name: model.onnx has no output "result" but scores',
    );
  });

  it('asks for a name when there are several outputs', () => {
    expect(() => check({ output: probabilities }, [1, 3], [1, 0, 0], ['scores', 'features'])).toThrow(
      'output.name: model.onnx has several outputs (scores, features); name one',
    );
  });
});
