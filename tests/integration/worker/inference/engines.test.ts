import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Outcome } from '@scry/shared/contracts/prediction';
import type { Model } from '@scry/shared/models/model-folders';
import { loadEngine } from '@scry/worker/inference/engines/registry';
import { type InferenceItem, ThreadModel } from '@scry/worker/inference/thread-model';
import { FORMS, type Form, plain, writeMeanColor } from '../../../helpers/mean-color.js';
import { onnxFile } from '../../../helpers/onnx-file.js';

let folder: string;
let notes: string[];
const open: ThreadModel[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'scry-engines-'));
  notes = [];
});

afterEach(async () => {
  for (const served of open.splice(0)) await served.dispose();
  await rm(folder, { recursive: true });
});

async function serve(model: Model): Promise<ThreadModel> {
  const engine = await loadEngine(model.engine, {});
  const options = { device: 'cpu', intraOpThreads: 1, onFallback: () => {}, onAbsent: () => {} } as const;
  const served = await ThreadModel.load(engine, model, options, (note) => notes.push(note));
  open.push(served);
  return served;
}

const confidences = (outcome: Outcome | undefined): Record<string, number> => {
  if (outcome?.status !== 'succeeded') throw new Error(JSON.stringify(outcome));
  return Object.fromEntries(
    outcome.output.predictions.map((answer) => [answer.class_name, answer.confidence]),
  );
};

async function predict(model: Model, items: InferenceItem[]): Promise<Record<string, number>[]> {
  const { outcomes } = await (await serve(model)).run(items);
  return outcomes.map(confidences);
}

const RED = { red: 1, green: 0, blue: 0 };

describe.each(FORMS)('an engine with %s', (form: Form) => {
  it('gives channels, scale and classes their places', async () => {
    const [answer] = await predict(await writeMeanColor(folder, form), [plain(255, 51, 102)]);
    expect(answer).toEqual({ red: 1, green: 0.2, blue: 0.4 });
  });

  it('gives every image of a batch its own answer, in batches that the manifest allows', async () => {
    const images = Array.from({ length: 11 }, (_, index) => plain(index * 5, 0, 255 - index * 5));
    const answers = await predict(await writeMeanColor(folder, form), images);
    const wanted = images.map((_, index) => Math.round(((index * 5) / 255) * 1e5) / 1e5);
    expect(answers.map(({ red }) => red)).toEqual(wanted);
  });

  it('fills up a batch that the file fixes', async () => {
    const model = await writeMeanColor(folder, form, {}, 3);
    const served = await serve(model);
    expect(served.batchLimit).toBe(3);
    const { outcomes } = await served.run([1, 2, 3, 4].map((level) => plain(level * 51, 0, 0)));
    expect(outcomes.map((outcome) => confidences(outcome).red)).toEqual([0.2, 0.4, 0.6, 0.8]);
  });

  it('runs one by one where the file takes one image', async () => {
    const served = await serve(await writeMeanColor(folder, form, {}, 1));
    expect(served.batchLimit).toBe(1);
    const { outcomes } = await served.run([plain(255, 0, 0), plain(0, 255, 0)]);
    expect(outcomes.map((outcome) => confidences(outcome).red)).toEqual([1, 0]);
  });

  it('runs as before once it has given back its memory', async () => {
    const served = await serve(await writeMeanColor(folder, form));
    await served.loaded.releaseMemory?.();
    const { outcomes } = await served.run([plain(255, 51, 102)]);
    expect(outcomes.map(confidences)).toEqual([{ red: 1, green: 0.2, blue: 0.4 }]);
  });

  it('reads size, layout and type from the file', async () => {
    const { input } = await serve(await writeMeanColor(folder, form));
    expect(input).toMatchObject({ width: 4, height: 4, fixedBatch: null });
  });

  it('holds no more after many runs than after one', async () => {
    const model = await writeMeanColor(folder, form);
    const engine = await loadEngine(model.engine, {});
    const served = await serve(model);
    await served.run([plain(1, 2, 3)]);
    const before = engine.liveTensors?.();
    for (let round = 0; round < 50; round++) await served.run([plain(round, 2, 3)]);
    expect(engine.liveTensors?.()).toBe(before);
  });

  it.each([
    ['input.name', { input: { name: 'photo' } }, /has no input "photo" but /],
    [
      'output.name',
      { output: { format: 'probabilities', name: 'logits' } },
      /has no output "logits" but scores/,
    ],
    ['labels', { labels: ['red', 'green'] }, /2 labels, but output "scores.*" of .* has 3 values per image/],
    ['input.width', { input: { width: 64 } }, /64 is not 4; input "image.*" of .* is \[\?, /],
    ['input.channels', { input: { channels: 'gray' } }, /"gray" in layout "n[ch]+w?[ch]*" is 1, not /],
  ])('says that %s does not fit, naming manifest and file', async (field, parts, message) => {
    const fits =
      form === 'tfjs layers' && field === 'input.width'
        ? /64 is not 4; input ".*" of model.json is \[/
        : message;
    const loading = serve(await writeMeanColor(folder, form, parts));
    await expect(loading).rejects.toThrow(fits);
    await expect(loading).rejects.toThrow(new RegExp(`manifest\\.json: ${field.replace('.', '\\.')}: `));
    await expect(loading).rejects.toThrow(/model\.(onnx|json)/);
  });

  it('says that a file is broken', async () => {
    const model = await writeMeanColor(folder, form);
    await writeFile(model.file, 'not a model');
    await expect(serve(model)).rejects.toThrow(
      /manifest\.json: file: model\.(onnx|json) cannot be loaded \(/,
    );
  });
});

describe('channels in another order', () => {
  it('reach the model as bgr when the manifest says so', async () => {
    const parts = { input: { channels: 'bgr' }, labels: ['blue', 'green', 'red'] };
    const [answer] = await predict(await writeMeanColor(folder, 'onnx, nchw', parts), [plain(255, 0, 0)]);
    expect(answer).toEqual(RED);
  });
});

describe('files that are odd', () => {
  const input = { name: 'image', dims: ['batch', 3, 4, 4] };

  async function odd(graph: Parameters<typeof onnxFile>[0], parts = {}) {
    const model = await writeMeanColor(folder, 'onnx, nchw', parts);
    await writeFile(model.file, onnxFile(graph));
    return model;
  }

  it('leave the batch free at the door and fix it inside: such a model gets one image at a time', async () => {
    const model = await odd({
      inputs: [input],
      nodes: [
        {
          op: 'ReduceMean',
          inputs: ['image'],
          outputs: ['means'],
          attributes: { axes: [2, 3], keepdims: 0 },
        },
        { op: 'Reshape', inputs: ['means', 'shape'], outputs: ['scores'] },
      ],
      outputs: [{ name: 'scores', dims: [1, 3] }],
      constants: { shape: { dims: [2], data: [1, 3], type: 'int64' } },
    });
    const served = await serve(model);
    expect(served.batchLimit).toBe(1);
    expect(notes).toEqual([expect.stringMatching(/takes one image at a time: a batch of two fails/)]);
    const { outcomes } = await served.run([plain(255, 0, 0), plain(0, 255, 0)]);
    expect(outcomes.map((outcome) => confidences(outcome).red)).toEqual([1, 0]);
  });

  it('take an image without a batch around it', async () => {
    const model = await odd({
      inputs: [{ name: 'image', dims: [3, 4, 4] }],
      nodes: [
        {
          op: 'ReduceMean',
          inputs: ['image'],
          outputs: ['scores'],
          attributes: { axes: [1, 2], keepdims: 0 },
        },
      ],
      outputs: [{ name: 'scores', dims: [3] }],
    });
    expect(await predict(model, [plain(255, 0, 0)])).toEqual([RED]);
  });

  it('take no batch and give boxes, 64-bit labels and scores, as torchvision exports them', async () => {
    const output = {
      format: 'boxes',
      boxes: { name: 'boxes', type: 'xyxy', units: 'pixels' },
      scores: { name: 'scores' },
      classes: { name: 'labels', offset: 1 },
    };
    const keep = (from: string, to: string) => ({ op: 'Identity', inputs: [from], outputs: [to] });
    const model = await odd(
      {
        inputs: [{ name: 'image', dims: [3, 4, 4] }],
        nodes: [keep('b', 'boxes'), keep('l', 'labels'), keep('s', 'scores')],
        outputs: [
          { name: 'boxes', dims: ['found', 4] },
          { name: 'labels', dims: ['found'], type: 'int64' },
          { name: 'scores', dims: ['found'] },
        ],
        constants: {
          b: { dims: [2, 4], data: [0, 0, 2, 4, 0, 0, 4, 4] },
          l: { dims: [2], data: [3, 1], type: 'int64' },
          s: { dims: [2], data: [0.75, 0.1] },
        },
      },
      { task: 'detection', output },
    );
    const { outcomes } = await (await serve(model)).run([plain(0, 0, 0)]);
    const bbox = { cx: 0.25, cy: 0.5, w: 0.5, h: 1 };
    const predictions = [{ class_index: 2, class_name: 'blue', confidence: 0.75, bbox }];
    expect(outcomes).toEqual([{ status: 'succeeded', output: { predictions } }]);
  });

  it('want a second input: it is named', async () => {
    const model = await odd({
      inputs: [input, { name: 'size', dims: ['batch', 2] }],
      nodes: [
        {
          op: 'ReduceMean',
          inputs: ['image'],
          outputs: ['scores'],
          attributes: { axes: [2, 3], keepdims: 0 },
        },
      ],
      outputs: [{ name: 'scores', dims: ['batch', 3] }],
    });
    await expect(serve(model)).rejects.toThrow('file: model.onnx needs 2 inputs (image, size)');
  });

  it('answer with something other than numbers: such a prediction fails with code 520', async () => {
    const model = await odd(
      {
        inputs: [input],
        nodes: [
          {
            op: 'ReduceMean',
            inputs: ['image'],
            outputs: ['means'],
            attributes: { axes: [2, 3], keepdims: 0 },
          },
          { op: 'Log', inputs: ['means'], outputs: ['scores'] },
        ],
        outputs: [{ name: 'scores', dims: ['batch', 3] }],
      },
      { output: { format: 'logits' } },
    );
    const { outcomes } = await (await serve(model)).run([plain(0, 255, 255), plain(255, 255, 255)]);
    expect(outcomes).toMatchObject([{ status: 'failed', error: { code: 520 } }, { status: 'succeeded' }]);
  });
});

describe('a device that is not there', () => {
  it('is told by name, with one sentence, and not once more for every model', async () => {
    const model = await writeMeanColor(folder, 'onnx, nchw');
    const engine = await loadEngine(model.engine, {});
    const absent: Record<string, string> = {};
    const onAbsent = (device: string, reason: string) => {
      absent[device] = reason;
    };
    const onFallback = (sentence: string) => {
      throw new Error(`said of the model: ${sentence}`);
    };
    const options = { device: 'auto', intraOpThreads: 1, onFallback, onAbsent } as const;
    const served = await ThreadModel.load(engine, model, options, () => {});
    open.push(served);
    if (served.loaded.device === 'cuda') return; // the best there is: nothing to tell
    expect(absent.cuda).toMatch(/.+/);
    expect(Object.values(absent).join()).not.toContain('\n');
  });
});
