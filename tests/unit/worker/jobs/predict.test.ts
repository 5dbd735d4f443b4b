import { CODES, type PredictionError } from '@scry/shared/contracts/prediction';
import type { Claim, Finish, PredictionStore } from '@scry/shared/database/predictions';
import type { PredictionJob } from '@scry/shared/queue/job';
import { createLogger } from '@scry/shared/runtime/log';
import { BlobMissing } from '@scry/shared/storage/blobs';
import type { ImageStorage } from '@scry/shared/storage/image-storage';
import { InferenceHealth } from '@scry/worker/health/inference-health';
import { WorkerMetrics } from '@scry/worker/health/metrics';
import type { ImageReader, Preparation } from '@scry/worker/imaging/image-reader';
import type { Quarantine } from '@scry/worker/inference/isolation/quarantine';
import type { InferenceItem, InferencePool } from '@scry/worker/inference/pool';
import { withoutInference } from '@scry/worker/jobs/predict/answered';
import { Predictor, type PredictorParts } from '@scry/worker/jobs/predict/predict';
import { answerTo, inferenceItem, loadedModel, predictionJob } from '../../../helpers/loaded-model.js';

const LOADED_KEY = 'cats@3';
const READY: Preparation = { ok: true, image: inferenceItem(7), decodeMs: 4 };
const ONCE = { deaths: 0, lastTry: false };

/** What surrounds a predictor, and what it did with it. */
class Surroundings {
  readonly finished: Finish[] = [];
  readonly released: string[] = [];
  readonly batches: number[] = [];
  readonly quarantined: string[] = [];
  readonly metrics = new WorkerMetrics();
  claim: Claim = { claimed: true, deaths: 0 };
  prepare: () => Promise<Preparation> = async () => READY;
  run: (items: readonly InferenceItem[]) => void = () => {};

  predictor(): Predictor {
    const store: Pick<PredictionStore, 'claim' | 'finish' | 'release'> = {
      claim: async () => this.claim,
      finish: async (finish) => this.finished.push(finish) > 0,
      release: async (ids) => void this.released.push(...ids),
    };
    const pool = {
      run: async (_model: string, items: readonly InferenceItem[]) => {
        this.batches.push(items.length);
        this.run(items);
        return { outcomes: items.map(answerTo), inferenceMs: 5, liveTensors: null };
      },
    };
    const quarantine = {
      predict: async (_model: unknown, { id }: PredictionJob) => {
        this.quarantined.push(id);
        return withoutInference({ code: CODES.engineNotReady, message: 'crashed' });
      },
    };
    const parts = {
      store,
      pool,
      quarantine,
      storage: { read: async () => Buffer.alloc(1) } as unknown as ImageStorage,
      reader: { prepare: () => this.prepare() } as unknown as ImageReader,
      health: new InferenceHealth(() => {}),
      metrics: this.metrics,
      threads: 1,
      worker: 'worker-1',
      log: createLogger('test', 'silent'),
    };
    return startPredictor(
      parts as unknown as PredictorParts & { quarantine: Quarantine; pool: InferencePool },
    );
  }

  async outcomes(): Promise<string[]> {
    const { values = [] } =
      (await this.metrics.registry.getSingleMetric('scry_worker_predictions_total')?.get()) ?? {};
    return values.map(({ labels, value }) => `${(labels as { outcome: string }).outcome} ${value}`);
  }
}

function startPredictor(parts: PredictorParts): Predictor {
  const predictor = new Predictor(parts);
  predictor.add(loadedModel({ max: 4, delayMs: 5000 }));
  return predictor;
}

let world: Surroundings;
beforeEach(() => {
  world = new Surroundings();
});

test('a job is decoded, inferred and written, with what it cost and who did it', async () => {
  await world.predictor().predict(LOADED_KEY, predictionJob('a'), ONCE);
  expect(world.finished).toEqual([
    expect.objectContaining({
      ...{ id: 'a', worker: 'worker-1', modelVersion: '3', engine: 'onnx', device: 'cpu' },
      ...{ decodeMs: 4, inferenceMs: 5, batchSize: 1, outcome: answerTo(inferenceItem(7)) },
    }),
  ]);
  expect(await world.outcomes()).toEqual(['succeeded 1']);
});

test('jobs that come together share a batch', async () => {
  const predictor = world.predictor();
  await Promise.all(['a', 'b', 'c'].map((id) => predictor.predict(LOADED_KEY, predictionJob(id), ONCE)));
  expect(world.batches).toEqual([3]);
});

test('a prediction that has ended meanwhile is neither inferred nor written', async () => {
  world.claim = { claimed: false };
  await world.predictor().predict(LOADED_KEY, predictionJob('a'), ONCE);
  expect([world.batches, world.finished]).toEqual([[], []]);
  expect(await world.outcomes()).toEqual(['dropped 1']);
});

test('a prediction that is canceled while it is decoded is dropped', async () => {
  const predictor = world.predictor();
  world.prepare = async () => {
    expect(predictor.size).toBe(1);
    predictor.drop('a');
    return READY;
  };
  await predictor.predict(LOADED_KEY, predictionJob('a'), ONCE);
  expect([world.batches, world.finished, predictor.size]).toEqual([[], [], 0]);
});

test('a bad image is a result, not an error', async () => {
  const error: PredictionError = { code: CODES.imageNotSupported, message: 'damaged' };
  world.prepare = async () => ({ ok: false, error, decodeMs: 3 });
  await world.predictor().predict(LOADED_KEY, predictionJob('a'), ONCE);
  expect(world.batches).toEqual([]);
  expect(world.finished).toEqual([
    expect.objectContaining({ decodeMs: 3, outcome: { status: 'failed', error } }),
  ]);
});

test('an image that somebody has removed fails with a sentence that says so', async () => {
  world.prepare = () => Promise.reject(new BlobMissing('uploads/ab/abcd'));
  await world.predictor().predict(LOADED_KEY, predictionJob('a'), { deaths: 0, lastTry: true });
  const message = 'The image is not stored any more: somebody removed it. Send it again.';
  const error = { code: CODES.imageNotSaved, message };
  expect(world.finished).toEqual([expect.objectContaining({ outcome: { status: 'failed', error } })]);
});

test('an image on which a process died, by the queue’s count or by the row’s, runs in a process of its own', async () => {
  let decoded = 0;
  world.prepare = async () => {
    decoded++;
    return READY;
  };
  const predictor = world.predictor();
  await predictor.predict(LOADED_KEY, predictionJob('a'), { deaths: 1, lastTry: false });
  expect([world.quarantined, decoded]).toEqual([['a'], 0]);
  world.claim = { claimed: true, deaths: 1 };
  await predictor.predict(LOADED_KEY, predictionJob('b'), ONCE);
  expect([world.quarantined, world.batches]).toEqual([['a', 'b'], []]);
  expect(world.finished).toHaveLength(2);
});

test('after a failed batch every image is decoded again and tried alone', async () => {
  let decoded = 0;
  world.prepare = async () => {
    decoded++;
    return READY;
  };
  world.run = (items) => {
    if (items.length > 1) throw new Error('out of memory');
  };
  const predictor = world.predictor();
  await Promise.all(['a', 'b'].map((id) => predictor.predict(LOADED_KEY, predictionJob(id), ONCE)));
  expect([world.batches, decoded, world.finished.length]).toEqual([[2, 1, 1], 4, 2]);
});

test('a fault that can pass gives the claim back and is left to the queue', async () => {
  world.run = () => {
    throw new Error('device lost');
  };
  await expect(world.predictor().predict(LOADED_KEY, predictionJob('a'), ONCE)).rejects.toThrow(
    'device lost',
  );
  expect([world.released, world.finished]).toEqual([['a'], []]);
  expect(await world.outcomes()).toEqual(['retried 1']);
});

test.each<[string, Error, PredictionError]>([
  [
    'an engine',
    new Error('device lost'),
    {
      code: CODES.engineNotReady,
      message:
        'The model "cats" could not be run: device lost. Try again later, or tell whoever runs this server.',
    },
  ],
  [
    'a file',
    Object.assign(new Error('secret path'), { code: 'EIO', syscall: 'read', path: '/data/uploads/x' }),
    {
      code: CODES.imageNotSaved,
      message: 'The stored image could not be read (EIO). Try again later, or tell whoever runs this server.',
    },
  ],
])('the last try of a fault of %s is a failed prediction, without paths', async (_what, fault, error) => {
  world.prepare = () => Promise.reject(fault);
  await world.predictor().predict(LOADED_KEY, predictionJob('a'), { deaths: 0, lastTry: true });
  expect(world.finished).toEqual([expect.objectContaining({ outcome: { status: 'failed', error } })]);
  expect(world.released).toEqual([]);
});

test('abandoning gives back the claims of what still runs', async () => {
  const predictor = world.predictor();
  let decode = (_: Preparation) => {};
  world.prepare = () => new Promise((resolve) => (decode = resolve));
  const running = predictor.predict(LOADED_KEY, predictionJob('a'), ONCE);
  await predictor.abandon();
  expect(world.released).toEqual(['a']);
  decode(READY);
  await running;
});

test('a job of a model that is not loaded here is refused', async () => {
  await expect(world.predictor().predict('dogs@1', predictionJob('a'), ONCE)).rejects.toThrow('dogs@1');
});
