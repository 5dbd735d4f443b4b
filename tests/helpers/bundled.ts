/** The models that come with Scry, loaded in inference threads, with a way from file to answer. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Answer, Parameters } from '@scry/shared/contracts/prediction';
import { versionKey } from '@scry/shared/contracts/version';
import { loadModels } from '@scry/shared/models/model-folders';
import { type ImageInput, ImageReader } from '@scry/worker/imaging/image-reader';
import { InferencePool, type LoadedReport } from '@scry/worker/inference/pool';
import { prepareModel } from '@scry/worker/models/conversion/convert';

export const MODELS_DIR = path.resolve(import.meta.dirname, '../../models');

export interface BundledModels {
  readonly reports: ReadonlyMap<string, LoadedReport>;
  /**
   * @param input prepares the image in another way than the manifest says
   * @throws Error with the sentence of a failed prediction
   */
  predict(
    model: string,
    file: string,
    parameters?: Parameters,
    input?: Partial<ImageInput>,
  ): Promise<readonly Answer[]>;
  close(): Promise<void>;
}

export async function loadBundled(): Promise<BundledModels> {
  const { models } = await loadModels(MODELS_DIR);
  const pool = new InferencePool({ threads: 1, device: 'cpu', intraOpThreads: 2, timeoutS: 60 });
  const reader = new ImageReader({ maxPixels: 50_000_000, timeoutS: 20 });
  const reports = new Map<string, LoadedReport>();
  const cache = await mkdtemp(path.join(tmpdir(), 'scry-converted-'));
  const prepared = await Promise.all([...models.values()].map((model) => prepareModel(model, cache)));
  for (const report of await pool.start(prepared.map(({ model }) => model))) {
    if (!report.ok) throw new Error(report.problem);
    reports.set(report.name, report);
  }
  return {
    reports,
    async predict(model, file, parameters = {}, input = {}) {
      const report = reports.get(model);
      if (!report) throw new Error(`${MODELS_DIR} has no model "${model}"`);
      const prepared = await reader.prepare(readFile(file), { ...report.input, ...input });
      if (!prepared.ok) throw new Error(prepared.error.message);
      const { outcomes } = await pool.run(versionKey(model, report.version), [
        { ...prepared.image, parameters },
      ]);
      const [outcome] = outcomes;
      if (outcome?.status !== 'succeeded') throw new Error(outcome?.error.message);
      return outcome.output.predictions;
    },
    async close() {
      await Promise.all([pool.close(), reader.close()]);
      await rm(cache, { recursive: true });
    },
  };
}

/** Confidence by class index. */
export function byClass(answers: readonly Answer[]): number[] {
  const confidences: number[] = [];
  for (const { class_index, confidence } of answers) confidences[class_index] = confidence;
  return confidences;
}

/** The largest difference between two lists of equal length. */
export function largestDifference(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) throw new Error(`${a.length} numbers against ${b.length}`);
  return a.reduce((worst, value, index) => Math.max(worst, Math.abs(value - (b[index] as number))), 0);
}

export type Corners = readonly [x0: number, y0: number, x1: number, y1: number];

/** Corners of an answer's box, relative to the image. */
export function cornersOf({ bbox }: Answer): Corners {
  if (!bbox) throw new Error('this answer has no box');
  const { cx, cy, w, h } = bbox;
  return [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2];
}

/** Intersection over union. */
export function iou(a: Corners, b: Corners): number {
  const area = ([x0, y0, x1, y1]: Corners) => (x1 - x0) * (y1 - y0);
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  const common = Math.max(0, width) * Math.max(0, height);
  return common / (area(a) + area(b) - common);
}
