/**
 * The process in which a training runs. It sees files only: neither the database nor the queue. It ends with its worker, and
 * whoever takes the training then goes on from the last checkpoint.
 */
import '../../imaging/decode-threads.js';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ConversionError } from '@scry/onnx/errors';
import type { Runtime } from '@scry/onnx/gradients/trainer/runtime';
import { writeGraph } from '@scry/onnx/graph/file';
import { configureSharp } from '@scry/shared/imaging/libvips';
import { loadModel } from '@scry/shared/models/model-folders';
import { loadEngine } from '../../inference/engines/registry.js';
import { ThreadModel } from '../../inference/thread-model.js';
import { oneLine } from '../../models/manifest-problem.js';
import { learnHead, warmHead } from './head.js';
import type { Answered, Learned, Learning, Sample } from './learning.js';
import { type Answers, listAnswers, measureAnswers, scoresOf } from './metrics.js';
import { learnNetwork } from './network.js';
import { fineTunePlan, readBase, scratchPlan } from './plan.js';
import { type FromProcess, type ToProcess, TrainingRefused, type TrainRequest } from './protocol.js';
import { splitItems } from './split.js';
import { trainingRuntime } from './training-runtime.js';

const TELL_EVERY_MS = 500;
const MOST_SKIPPED_LINES = 20;
const stop = new AbortController();

function tell(message: FromProcess): void {
  process.send?.(message);
}

const log = (line: string) => tell({ kind: 'log', line });

/** Tells at most so often, so that the database is not written to for every image. */
function throttled(send: (at: number) => void): () => void {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - last < TELL_EVERY_MS) return;
    last = now;
    send(now);
  };
}

function reportsOf(request: TrainRequest, images: number) {
  let [prepared, skipped, began, epochs] = [0, 0, 0, 0];
  let current: Parameters<Learning['onStep']>[0] = { epoch: 0, step: 0, steps: 1, loss: 0, accuracy: null };
  let first: number | null = null;
  const tellPrepared = throttled(() =>
    tell({ kind: 'progress', state: 'preparing', progress: { done: prepared, of: images } }),
  );
  const tellStep = throttled((now) => {
    const { epoch, step, steps } = current;
    const [done, of] = [(epoch - 1) * steps + step, epochs * steps];
    first ??= done;
    const left = done > first ? (((now - began) / (done - first)) * (of - done)) / 1000 : null;
    const seconds_left = left === null ? null : Math.round(left);
    tell({ kind: 'progress', state: 'training', progress: { ...current, done, of, epochs, seconds_left } });
  });
  return {
    onPrepared() {
      prepared += 1;
      tellPrepared();
    },
    onSkipped({ id }: Sample, reason: string) {
      skipped += 1;
      if (skipped <= MOST_SKIPPED_LINES) log(`The image ${id} is left out: ${reason}`);
    },
    onTraining(most: number) {
      began = performance.now();
      epochs = most;
      log(`${prepared} images are prepared, ${skipped} left out.`);
    },
    onStep(step: typeof current) {
      current = step;
      tellStep();
    },
    async onEpoch(point: Parameters<Learning['onEpoch']>[0], bytes: Uint8Array | null) {
      const checkpoint = bytes && path.join(request.folder, `checkpoint-${point.epoch}`);
      if (bytes && checkpoint) {
        await writeFile(`${checkpoint}.part`, bytes);
        await rename(`${checkpoint}.part`, checkpoint);
      }
      tell({ kind: 'epoch', point, checkpoint });
    },
  };
}

function learningOf(request: TrainRequest): Learning {
  const classes = [...new Set(request.items.map((item) => item.class))].sort();
  const samples = request.items.map((item) => ({ ...item, target: classes.indexOf(item.class) }));
  const { validation_split: share, seed } = request.settings;
  const { train, validation, test } = splitItems(samples, share, seed);
  if (new Set(train.map(({ target }) => target)).size < 2 || validation.length === 0)
    throw new TrainingRefused(
      'There must be images of at least two classes to learn from and one to validate on; add images, or change their splits.',
    );
  log(
    `${classes.length} classes, ${train.length} images to learn from and ${validation.length} to validate on${test.length > 0 ? `, ${test.length} to test on` : ''}.`,
  );
  const reports = reportsOf(request, train.length + validation.length + test.length);
  const onEmbeddings = (file: string) => tell({ kind: 'embeddings', file });
  return { request, classes, train, validation, test, stop: stop.signal, log, onEmbeddings, ...reports };
}

async function learn(learning: Learning, runtime: Runtime): Promise<Learned> {
  const { settings, base } = learning.request;
  if (settings.method === 'scratch')
    return learnNetwork(scratchPlan(settings, learning.classes.length), learning, runtime);
  const plan = await readBase(base as string, learning.request.dataDir); // the API asks for one
  if (settings.method === 'head') return learnHead(plan, learning, runtime);
  const head =
    settings.warm_start && !learning.request.checkpoint ? await warmHead(plan, learning, runtime) : null;
  return learnNetwork(fineTunePlan(plan, settings, learning.classes.length, head), learning, runtime);
}

/** Writes the model as a folder and loads it as a worker would, which is the check that every version passes. */
async function writeModel({ request, classes }: Learning, learned: Learned) {
  const folder = path.join(request.folder, 'result', request.name);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'model.onnx'), writeGraph(learned.graph));
  const { description, name } = request;
  const fixed = { task: 'classification', engine: 'onnx', file: 'model.onnx' };
  const manifest = { name, description, ...fixed, labels: classes, ...learned.manifest };
  await writeFile(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
  const model = await loadModel(folder);
  const options = { device: 'cpu', intraOpThreads: 1, onFallback: () => {}, onAbsent: () => {} } as const;
  const served = await ThreadModel.load(await loadEngine('onnx', {}), model, options, () => {});
  await served.dispose();
  return { folder, manifest };
}

async function run(request: TrainRequest): Promise<FromProcess> {
  const learning = learningOf(request);
  const runtime = await trainingRuntime(request.device, request.threads, log);
  const learned = await learn(learning, runtime);
  const written = await writeModel(learning, learned);
  const { user, system } = process.cpuUsage();
  const seconds = (user + system) / 1e6;
  const named = ({ samples, probabilities }: Answered): Answers => ({
    classes: learning.classes,
    ids: samples.map(({ id }) => id),
    targets: samples.map(({ target }) => target),
    probabilities,
  });
  const validation = named(learned.validation);
  const metrics = {
    ...measureAnswers(validation),
    images: { train: learned.train, validation: validation.ids.length },
    train: learned.scores,
    test: learned.test.samples.length > 0 ? scoresOf(named(learned.test)) : null,
    cpu_seconds: seconds,
    images_per_cpu_second: learned.seen / seconds,
  };
  return { kind: 'done', metrics, answers: listAnswers(validation), ...written };
}

/** Faults of the data and the settings are answered; others end the process, and the training is tried again. */
function answerOf(error: unknown): FromProcess {
  if (error instanceof TrainingRefused || error instanceof ConversionError)
    return { kind: 'failed', error: oneLine(error) };
  throw error;
}

configureSharp();
process.on('message', (message: ToProcess) => {
  if (message.kind === 'stop') stop.abort();
  else
    void run(message)
      .catch(answerOf)
      .then((answer) => process.send?.(answer, () => process.exit(0)));
});
process.once('disconnect', () => process.exit(0));
