/** Latency when nothing else is asked: one client, one image at a time. */

import { distinct, type Image } from '../load/images.js';
import { Latency, type LatencySummary } from '../load/latency.js';
import type { Target } from '../load/target.js';
import type { ManagedProcess } from '../stack/process.js';
import type { LimitAnswer, LimitOrder } from './limit-thread.js';
import type { Unloaded } from './result.js';

const DEADLINE_MS = 60_000;

export interface UnloadedOptions {
  readonly limit: ManagedProcess;
  readonly waiting: Target;
  readonly polling: Target;
  readonly images: readonly Image[];
  readonly model: string;
  /** Images per round. */
  readonly count: number;
  readonly rounds: number;
}

interface Collected {
  readonly answer: Latency;
  readonly accepted: Latency;
  readonly stages: Map<string, Latency>;
}

async function one(
  target: Target,
  image: Image,
  model: string,
  into: Collected,
  serial: number,
): Promise<void> {
  const start = performance.now();
  const ending = await target.predict(distinct(image, serial), model, DEADLINE_MS);
  if (ending.kind !== 'answered') throw new Error(`unloaded, yet a prediction failed: ${ending.reason}`);
  into.answer.record(performance.now() - start);
  into.accepted.record(ending.acceptedMs);
  for (const [name, ms] of Object.entries(ending.metrics?.stages ?? {})) {
    const stage = into.stages.get(name) ?? new Latency();
    into.stages.set(name, stage);
    stage.record(ms);
  }
}

function collected(): Collected {
  return { answer: new Latency(), accepted: new Latency(), stages: new Map() };
}

function recordAll(into: Latency, values: readonly number[]): void {
  for (const value of values) into.record(value);
}

/** Takes turns with the bare loop, so that both see the same machine. @throws Error when a prediction fails */
export async function measureUnloaded(options: UnloadedOptions): Promise<Unloaded> {
  const { limit, waiting, polling, images, model, count, rounds } = options;
  const bare = { decode: new Latency(), inference: new Latency(), both: new Latency() };
  const waited = collected();
  const polled = collected();
  let serial = Date.now() * 1000;
  for (let round = 0; round < rounds; round++) {
    const order: LimitOrder = { kind: 'bare', count };
    const { decodeMs, inferenceMs } = await limit.ask<LimitAnswer>(order);
    recordAll(bare.decode, decodeMs);
    recordAll(bare.inference, inferenceMs);
    recordAll(
      bare.both,
      decodeMs.map((decode, index) => decode + (inferenceMs[index] ?? 0)),
    );
    for (let index = 0; index < count; index++) {
      const image = images[index % images.length] as Image;
      await one(waiting, image, model, waited, serial++);
    }
    const image = images[round % images.length] as Image;
    await one(polling, image, model, polled, serial++);
  }
  const summaries = (stages: Map<string, Latency>): Record<string, LatencySummary> =>
    Object.fromEntries([...stages].map(([name, latency]) => [name, latency.summary()]));
  return {
    bare: {
      decode: bare.decode.summary(),
      inference: bare.inference.summary(),
      both: bare.both.summary(),
    },
    answer: waited.answer.summary(),
    stages: summaries(waited.stages),
    accepted: polled.accepted.summary(),
  };
}
