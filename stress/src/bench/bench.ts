/**
 * Measures limit, Scry and the plain server in turns on one machine in one run: same images, same models. The order
 * of the turns moves on by one each round, so that a machine that drifts favours nobody.
 */
import type { Image } from '../load/images.js';
import { ScryTarget } from '../load/scry-target.js';
import type { Target } from '../load/target.js';
import { type BenchModelName, benchModelSize } from '../models/write.js';
import { BaselineTarget } from './baseline-target.js';
import { type MemoryReading, PeakMemory, peak } from './memory.js';
import { MOST_USERS, pollingUsers } from './polling.js';
import { CONTENDERS, type Contender, type ModelResult, type Round, type Turn } from './result.js';
import type { BenchSystem, Rivals } from './system.js';
import { limitTurn, loadTurn } from './turn.js';
import { measureUnloaded } from './unloaded.js';

export interface BenchOptions {
  readonly system: BenchSystem;
  readonly model: BenchModelName;
  readonly images: readonly Image[];
  readonly rounds: number;
  /** Of each turn. */
  readonly seconds: number;
  readonly pollMs: number;
  /** Images per round that are asked for one at a time. */
  readonly unloadedCount: number;
  readonly say: (sentence: string) => void;
}

export interface BenchOutcome {
  readonly result: ModelResult;
  readonly peakMemory: MemoryReading;
}

interface Targets {
  readonly polling: Target;
  readonly waiting: Target;
  readonly baseline: Target;
}

const FIRST_USERS = 64;
const WARM_UP_S = 5;

class ModelBench {
  readonly #options: BenchOptions;
  readonly #rivals: Rivals;
  readonly #targets: Targets;
  #peak: MemoryReading = {};
  #users = FIRST_USERS;

  constructor(options: BenchOptions, rivals: Rivals) {
    const { url } = options.system.scry;
    const { pollMs } = options;
    this.#options = options;
    this.#rivals = rivals;
    this.#targets = {
      polling: new ScryTarget({ url, mode: 'poll', pollMs, connections: MOST_USERS }),
      waiting: new ScryTarget({ url, mode: 'wait', pollMs, connections: MOST_USERS }),
      baseline: new BaselineTarget(rivals.baseline.url, pollMs, MOST_USERS),
    };
  }

  async run(): Promise<BenchOutcome> {
    const { rounds, model, images, unloadedCount, pollMs, say } = this.#options;
    const { waiting, polling } = this.#targets;
    const { limit } = this.#rivals;
    const measured: Round[] = [];
    say(`${model}: warming up`);
    await this.#turn('scry-wait', WARM_UP_S);
    await this.#turn('baseline', WARM_UP_S);
    const bare = await this.#turn('limit', WARM_UP_S);
    this.#users = pollingUsers(bare.perSecond, pollMs);
    for (let round = 0; round < rounds; round++) measured.push(await this.#round(round));
    say(`${model}: unloaded`);
    const unloaded = await measureUnloaded({
      limit,
      waiting,
      polling,
      images,
      model,
      count: unloadedCount,
      rounds,
    });
    return { result: { model, users: this.#users, rounds: measured, unloaded }, peakMemory: this.#peak };
  }

  async close(): Promise<void> {
    for (const target of Object.values(this.#targets)) await target.close();
  }

  async #round(round: number): Promise<Round> {
    const { model, seconds, rounds, say } = this.#options;
    const order = CONTENDERS.map((_, index) => CONTENDERS[(index + round) % CONTENDERS.length] as Contender);
    const turns: Partial<Record<Contender, Turn>> = {};
    for (const contender of order) {
      const turn = await this.#turn(contender, seconds);
      const words = `${turn.perSecond.toFixed(1)}/s${turn.bad > 0 ? `, ${turn.bad} failed: ${turn.reasons[0]}` : ''}`;
      say(`${model}, round ${round + 1} of ${rounds}: ${contender} ${words}`);
      turns[contender] = turn;
    }
    return turns as Round;
  }

  async #turn(contender: Contender, seconds: number): Promise<Turn> {
    const { system, images, model } = this.#options;
    const { limit, limitParts, baselineParts } = this.#rivals;
    const { polling, waiting, baseline } = this.#targets;
    if (contender === 'limit') return limitTurn(limit, limitParts, seconds);
    const common = { images, model, users: this.#users, seconds };
    if (contender === 'baseline') return loadTurn({ ...common, target: baseline, parts: baselineParts });
    const memory = new PeakMemory(system.memoryParts);
    memory.start();
    const target = contender === 'scry-poll' ? polling : waiting;
    const turn = await loadTurn({ ...common, target, parts: system.scryParts });
    this.#peak = peak(this.#peak, memory.stop());
    return turn;
  }
}

/** Images of 32 × 32 and a model that costs nothing: the fastest way through ten thousand predictions. */
const COMPILING: BenchModelName = 'identity';
const COMPILING_USERS = 64;
const COMPILING_S = 20;

/**
 * Lets Scry's code be compiled, as it is in a server that runs for longer than a few minutes: what a prediction costs
 * outside decoding and inference falls from 3.9 to 2.1 CPU ms over the first 10,000.
 */
export async function warmUp(system: BenchSystem, images: readonly Image[]): Promise<void> {
  const target = new ScryTarget({ url: system.scry.url, mode: 'wait', connections: COMPILING_USERS });
  await loadTurn({
    target,
    parts: system.scryParts,
    images,
    model: COMPILING,
    users: COMPILING_USERS,
    seconds: COMPILING_S,
  }).finally(() => target.close());
}

/** Measures one model. */
export async function benchModel(options: BenchOptions): Promise<BenchOutcome> {
  const { system, model, images } = options;
  const rivals = await system.rivals({ name: model, size: benchModelSize(model), images });
  const bench = new ModelBench(options, rivals);
  try {
    return await bench.run();
  } finally {
    await bench.close();
    await rivals.stop();
  }
}
