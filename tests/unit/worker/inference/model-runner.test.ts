import { InferenceHealth } from '@scry/worker/health/inference-health';
import { BatchFailed, type BatchItem, ModelRunner } from '@scry/worker/inference/model-runner';
import type { InferenceItem, InferencePool } from '@scry/worker/inference/pool';
import { answerTo, inferenceItem, loadedModel, predictionJob } from '../../../helpers/loaded-model.js';

/** A runner on a pool that notes its batches; they end as `answer` says. */
function runner(
  answer: (items: readonly InferenceItem[]) => void = () => {},
  batch?: { max: number; delayMs: number },
) {
  const batches: number[][] = [];
  const unhealthy: string[] = [];
  const run = async (_model: string, items: readonly InferenceItem[]) => {
    batches.push(items.map(({ pixels }) => pixels[0] ?? -1));
    answer(items);
    return { outcomes: items.map(answerTo), inferenceMs: 5, liveTensors: null };
  };
  const parts = {
    pool: { run } as unknown as InferencePool,
    health: new InferenceHealth((sentence) => unhealthy.push(sentence)),
    metrics: null,
    threads: 1,
  };
  return { batches, unhealthy, runner: new ModelRunner(loadedModel(batch), parts) };
}

const item = (level: number, stopped = false): BatchItem => ({
  running: { job: predictionJob(String(level)), stopped },
  input: inferenceItem(level),
  since: performance.now(),
});

const levelOf = (inferred: Awaited<ReturnType<ModelRunner['inBatch']>>) =>
  inferred === 'dropped' || inferred.outcome.status !== 'succeeded'
    ? inferred
    : inferred.outcome.output.predictions[0]?.class_index;

test('images that come together are one batch, and each gets its own answer', async () => {
  const { batches, runner: cats } = runner();
  const answers = await Promise.all([1, 2, 3].map((level) => cats.inBatch(item(level))));
  expect(batches).toEqual([[1, 2, 3]]);
  expect(answers.map(levelOf)).toEqual([1, 2, 3]);
  expect(answers[0]).toMatchObject({ batchSize: 3, inferenceMs: 5 });
});

test('a batch holds no more images than the model takes', async () => {
  const { batches, runner: cats } = runner(undefined, { max: 2, delayMs: 0 });
  await Promise.all([1, 2, 3].map((level) => cats.inBatch(item(level))));
  expect(batches).toEqual([[1, 2], [3]]);
});

test('what was stopped meanwhile is dropped and does not reach the engine', async () => {
  const { batches, runner: cats } = runner();
  const answers = await Promise.all([cats.inBatch(item(1, true)), cats.inBatch(item(2))]);
  expect(answers[0]).toBe('dropped');
  expect(levelOf(answers[1] as never)).toBe(2);
  expect(await cats.inBatch(item(3, true))).toBe('dropped');
  expect(batches).toEqual([[2]]);
});

test('an image waits for those that are on their way, and goes when none is left', async () => {
  const { batches, runner: cats } = runner(undefined, { max: 4, delayMs: 60_000 });
  const [first, second, third] = [cats.expect(), cats.expect(), cats.expect()];
  const early = cats.inBatch(item(1));
  first();
  const late = cats.inBatch(item(2));
  second();
  expect([cats.coming, cats.waiting, batches.length]).toEqual([1, 2, 0]);
  third(); // it is not coming: it went elsewhere
  third(); // says so twice, which counts once
  await Promise.all([early, late]);
  expect([cats.coming, cats.waiting]).toEqual([0, 0]);
  expect(batches).toEqual([[1, 2]]);
});

test('a failed batch of several says that each is worth a try on its own, and is nobody’s fault yet', async () => {
  const { unhealthy, runner: cats } = runner(() => {
    throw new Error('out of memory');
  });
  for (let time = 0; time < 10; time++) {
    const both = await Promise.allSettled([cats.inBatch(item(1)), cats.inBatch(item(2))]);
    for (const one of both)
      expect(one).toMatchObject({ status: 'rejected', reason: expect.any(BatchFailed) });
  }
  expect(unhealthy).toEqual([]);
});

test('an image that fails alone throws what the pool threw, and counts against the worker', async () => {
  const { unhealthy, runner: cats } = runner(() => {
    throw new Error('device lost');
  });
  for (let time = 0; time < 8; time++) await expect(cats.alone(item(1))).rejects.toThrow('device lost');
  expect(unhealthy).toHaveLength(1);
});

test('closing lets what waits have its batch', async () => {
  const { batches, runner: cats } = runner(undefined, { max: 4, delayMs: 60_000 });
  cats.expect(); // never comes
  const waiting = cats.inBatch(item(1));
  await cats.close();
  expect(levelOf(await waiting)).toBe(1);
  expect(batches).toEqual([[1]]);
});
