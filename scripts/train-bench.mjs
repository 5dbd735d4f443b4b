// Trains on a zip with a folder of images per class, as docs/performance.md quotes it: accuracy on a fifth of the images,
// and images per CPU second. Usage: node scripts/train-bench.mjs data.zip scratch|fine-tune|head [--threads 1] [--epochs n]
// [--seed n] [--all]   (--all trains on every image)
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { lastBlocks } from '@scry/onnx/gradients/model/blocks';
import { embeddingGraph, randomHead, withNewHead } from '@scry/onnx/gradients/model/head';
import { trainHead } from '@scry/onnx/gradients/model/head-training';
import { trainingStep } from '@scry/onnx/gradients/step/training-step';
import { shuffled, uniform } from '@scry/onnx/gradients/trainer/random';
import { runtimeOf } from '@scry/onnx/gradients/trainer/runtime';
import { Trainer } from '@scry/onnx/gradients/trainer/trainer';
import { runTraining } from '@scry/onnx/gradients/trainer/training-run';
import { GraphBuilder } from '@scry/onnx/graph/builder';
import { readGraph, writeGraph } from '@scry/onnx/graph/file';
import { int, ints } from '@scry/onnx/proto/attribute';
import { float32, int64, scalar } from '@scry/onnx/proto/tensor';
import { unzipSync } from 'fflate';
import * as ort from 'onnxruntime-node';
import sharp from 'sharp';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '1' },
    epochs: { type: 'string' },
    seed: { type: 'string', default: '1' },
    all: { type: 'boolean', default: false },
  },
});
const [zip, method = 'scratch'] = positionals;
const seed = Number(flags.seed);
const BATCH = 32;
const EVERYDAY = {
  file: 'models/everyday-10/model.onnx',
  size: 32,
  mean: [0.4914, 0.4822, 0.4465],
  std: [0.247, 0.2435, 0.2616],
};

/** Layers: three times convolution, relu and max pooling, then dropout and a dense layer. */
function threeConvolutions(size, classes) {
  const builder = new GraphBuilder();
  const draw = uniform(seed, 3);
  const glorot = (dims, fanIn, fanOut) => {
    const limit = Math.sqrt(6 / (fanIn + fanOut));
    const count = dims.reduce((a, b) => a * b, 1);
    return float32(
      Float32Array.from({ length: count }, () => (draw() * 2 - 1) * limit),
      dims,
    );
  };
  let x = builder.input('image', 'float32', ['batch', 3, size, size]);
  let channels = 3;
  for (const outputs of [16, 32, 64]) {
    const kernel = glorot([outputs, channels, 3, 3], channels * 9, outputs * 9);
    const weights = [
      builder.constant(kernel, 'kernel'),
      builder.constant(float32(new Float32Array(outputs)), 'bias'),
    ];
    x = builder.node('Relu', [builder.node('Conv', [x, ...weights])]);
    x = builder.node('MaxPool', [x], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) });
    channels = outputs;
  }
  const features = builder
    .shape(x)
    .slice(1)
    .reduce((a, b) => a * b, 1);
  const flat = builder.node('Reshape', [x, builder.constant(int64([-1, features]))]);
  const dropped = builder.node('Dropout', [flat, builder.constant(scalar(0.5))]);
  const weight = glorot([classes, features], features, classes);
  const dense = [
    builder.constant(weight, 'dense'),
    builder.constant(float32(new Float32Array(classes)), 'dense_bias'),
  ];
  const logits = builder.node('Gemm', [dropped, ...dense], { transB: int(1) });
  builder.output(builder.node('Softmax', [logits]), 'probabilities');
  return builder.graph;
}

const METHODS = {
  scratch: async (classes) => {
    const graph = threeConvolutions(64, classes);
    return {
      size: 64,
      mean: [0, 0, 0],
      std: [1, 1, 1],
      epochs: 20,
      schedule: { kind: 'constant', rate: 0.001 },
      step: trainingStep(graph, { trainable: lastBlocks(graph, 'all'), optimizer: { kind: 'adam' } }),
    };
  },
  'fine-tune': async (classes) => {
    const base = readGraph(await readFile(EVERYDAY.file));
    const graph = withNewHead(base, (size) => [randomHead(classes, size, seed)]);
    return {
      ...EVERYDAY,
      epochs: 10,
      schedule: { kind: 'one-cycle', rate: 0.002 },
      step: trainingStep(graph, {
        trainable: lastBlocks(graph, 'all'),
        optimizer: { kind: 'adamw', weightDecay: 0.01 },
      }),
    };
  },
};

async function pixels(bytes, { size, mean, std }) {
  const raw = await sharp(bytes).removeAlpha().resize(size, size, { fit: 'fill' }).raw().toBuffer();
  const area = size * size;
  return Float32Array.from({ length: 3 * area }, (_, at) => {
    const channel = Math.floor(at / area);
    return (raw[(at % area) * 3 + channel] / 255 - mean[channel]) / std[channel];
  });
}

async function load(file, settings, classes) {
  const entries = Object.entries(unzipSync(await readFile(file))).filter(([, bytes]) => bytes.length > 0);
  const items = await Promise.all(
    entries.map(async ([path, bytes]) => ({
      target: classes.indexOf(path.split('/').at(-2)),
      image: await pixels(bytes, settings),
    })),
  );
  const order = shuffled(items.length, seed, 1).map((at) => items[at]);
  const counts = new Map();
  const test = new Set(
    order.filter(({ target }) => {
      counts.set(target, (counts.get(target) ?? 0) + 1);
      return counts.get(target) % 5 === 0;
    }),
  );
  return { train: flags.all ? order : order.filter((item) => !test.has(item)), test: [...test] };
}

function* batchesOf(items, order) {
  for (let at = 0; at < order.length; at += BATCH) {
    const chosen = order.slice(at, at + BATCH).map((index) => items[index]);
    const length = chosen[0].image.length;
    const images = new Float32Array(chosen.length * length);
    chosen.forEach(({ image }, index) => {
      images.set(image, index * length);
    });
    yield { images, targets: chosen.map(({ target }) => target) };
  }
}

const names = Object.keys(unzipSync(await readFile(zip))).filter((name) => !name.endsWith('/'));
const classes = [...new Set(names.map((name) => name.split('/').at(-2)))].sort();
const runtime = runtimeOf(ort, { intraOpNumThreads: Number(flags.threads) });
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Softmax regression on the embeddings of everyday-10. */
async function head() {
  const { train, test } = await load(zip, EVERYDAY, classes);
  const started = cpu();
  const { graph, size } = embeddingGraph(readGraph(await readFile(EVERYDAY.file)));
  const session = await runtime.session(writeGraph(graph));
  const embed = async (items) => {
    const values = new Float32Array(items.length * size);
    let at = 0;
    for (const { images } of batchesOf(items, [...items.keys()])) {
      const image = runtime.tensor('float32', images, [images.length / 3072, 3, 32, 32]);
      const { embedding } = await session.run({ image }, { embedding: null });
      values.set(embedding.data, at);
      at += embedding.data.length;
    }
    return { values, targets: items.map(({ target }) => target) };
  };
  const [learned, others] = [await embed(train), await embed(test)];
  const embedded = cpu();
  const { layers, iterations } = await trainHead(runtime, learned, { classes: classes.length, size });
  const ended = cpu();
  const [{ weight, bias }] = layers;
  const right = others.targets.filter((target, row) => {
    const scores = Array.from(bias.data, (start, unit) => {
      let sum = start;
      for (let at = 0; at < size; at += 1)
        sum += weight.data[unit * size + at] * others.values[row * size + at];
      return sum;
    });
    return scores.indexOf(Math.max(...scores)) === target;
  });
  const seconds = [embedded - started, ended - embedded].map((value) => value.toFixed(2));
  console.log(
    `accuracy ${(right.length / others.targets.length).toFixed(3)} on others, ${iterations} iterations`,
  );
  console.log(`embedding ${seconds[0]} CPU s, head ${seconds[1]} CPU s`);
}

/** A network by steps of an optimiser. */
async function network() {
  const settings = await METHODS[method](classes.length);
  const { train, test } = await load(zip, settings, classes);
  const loaded = cpu();
  const trainer = await Trainer.create(settings.step, runtime, seed);
  console.log(`sessions ${(cpu() - loaded).toFixed(2)} CPU s, ${settings.step.weights.size} weights`);
  const epochs = Number(flags.epochs ?? settings.epochs);
  const started = cpu();
  const rates = [];
  let before = started;
  await runTraining(trainer, {
    epochs,
    stepsPerEpoch: Math.ceil(train.length / BATCH),
    schedule: settings.schedule,
    batches: (epoch) => batchesOf(train, shuffled(train.length, seed, 2, epoch)),
    validation: () => batchesOf(test, [...test.keys()]),
    onEpoch: ({ epoch, loss, accuracy, validation }) => {
      rates.push(train.length / (cpu() - before));
      before = cpu();
      const shown = [loss, accuracy, validation.loss, validation.accuracy].map((value) => value.toFixed(3));
      console.log(`epoch ${epoch}: loss ${shown[0]}, accuracy ${shown[1]}; others ${shown[2]}, ${shown[3]}`);
    },
  });
  const median = rates.sort((a, b) => a - b)[rates.length >> 1];
  console.log(
    `${(cpu() - started).toFixed(1)} CPU s; ${median.toFixed(0)} images per CPU second (median of epochs)`,
  );
  await trainer.release();
}

await (method === 'head' ? head() : network());
