/** The worker that goes with server.mjs: one job, one image, one run of the model. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';

const { REDIS_URL = 'redis://127.0.0.1:6379', MODEL = 'model', SIZE = '224' } = process.env;
const MEAN = [0.485, 0.456, 0.406];
const STD = [0.229, 0.224, 0.225];

const size = Number(SIZE);
const session = await InferenceSession.create(`${MODEL}/model.onnx`);
const labels = readFileSync(`${MODEL}/labels.txt`, 'utf8').trim().split('\n');

async function readPixels(file) {
  const { data } = await sharp(file)
    .rotate()
    .removeAlpha()
    .resize(size, size, { fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const plane = size * size;
  const pixels = new Float32Array(3 * plane);
  for (let i = 0; i < plane; i++) {
    for (let c = 0; c < 3; c++) pixels[c * plane + i] = (data[i * 3 + c] / 255 - MEAN[c]) / STD[c];
  }
  return new Tensor('float32', pixels, [1, 3, size, size]);
}

function topFive(logits) {
  const max = Math.max(...logits);
  const exps = Array.from(logits, (logit) => Math.exp(logit - max));
  const sum = exps.reduce((a, b) => a + b, 0);
  return exps
    .map((exp, index) => ({ label: labels[index], confidence: exp / sum }))
    .sort((a, b) => b.confidence - a.confidence)
    .slice(0, 5);
}

const worker = new Worker(
  'predictions',
  async (job) => {
    const outputs = await session.run({ [session.inputNames[0]]: await readPixels(job.data.file) });
    return topFive(outputs[session.outputNames[0]].data);
  },
  { connection: new Redis(REDIS_URL, { maxRetriesPerRequest: null }), concurrency: availableParallelism() },
);

worker.on('failed', (job, error) => process.stderr.write(`job ${job?.id} failed: ${error.message}\n`));
await worker.waitUntilReady();
process.stdout.write('ready\n');
