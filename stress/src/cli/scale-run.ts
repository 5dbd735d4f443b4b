/** What a ladder does on a real system: makes workers serve, loads them, and says on the terminal how it goes. */
import { clearLine, cursorTo } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Image } from '../load/images.js';
import { busyShare, readCpuTimes } from '../proc/machine-load.js';
import { awaitWorkers } from '../scale/await-workers.js';
import { named } from '../scale/break-point.js';
import type { LadderOptions } from '../scale/ladder.js';
import { STEP_COLUMNS, stepRow, toStep } from '../scale/step.js';
import type { ScalableSystem } from '../scale/systems.js';
import { measure as load } from './load-command.js';
import type { ScaleCommandOptions } from './options.js';
import { chooseModels } from './server.js';

/** Enough to fill the batches of most models and to keep as many in waiting. */
const WARM_UP_USERS_PER_WORKER = 16;

/** Long enough that a scheduler's tick does not count. */
const LOOK_AT_OTHERS_MS = 2000;

const line = (cells: readonly string[]) =>
  cells.map((cell, index) => cell.padStart(Math.max(7, STEP_COLUMNS[index]?.length ?? 0))).join('  ');

/** Shows what is waited for until it is over; on a terminal only. */
async function shown<Result>(text: string, waiting: () => Promise<Result>): Promise<Result> {
  const { stdout } = process;
  if (!stdout.isTTY) return waiting();
  stdout.write(text);
  try {
    return await waiting();
  } finally {
    cursorTo(stdout, 0);
    clearLine(stdout, 0);
  }
}

/**
 * Waits until so many workers serve, and looks at the machine while they have nothing to do.
 * @returns share of the CPUs that others keep busy
 */
async function settled(url: string, workers: number, apiKey: string | undefined, signal: AbortSignal) {
  await awaitWorkers(url, workers, apiKey, signal);
  const before = readCpuTimes();
  await sleep(LOOK_AT_OTHERS_MS, undefined, { signal });
  return busyShare(before, readCpuTimes());
}

export interface ScaleRun extends Pick<LadderOptions, 'scale' | 'measure'> {
  /** The models that are asked; known once workers serve. */
  models(): readonly string[];
  /** Says what will be done and how long that takes at the most. */
  announce(workers: readonly number[], users: readonly number[]): void;
}

export function scaleRun(
  options: ScaleCommandOptions,
  system: ScalableSystem,
  images: readonly Image[],
  signal: AbortSignal,
): ScaleRun {
  const { url } = system;
  const { apiKey, ramp, duration, warmUp } = options;
  let models: readonly string[] = [];

  const warm = async (workers: number) => {
    const users = WARM_UP_USERS_PER_WORKER * workers;
    const only = { ...options, ramp: 0, duration: warmUp };
    const label = `${named(workers, 'worker')}, warming up`;
    const result = await load(url, only, images, models, { kind: 'users', users }, { signal, label });
    if (result.answered > 0 || signal.aborted) return;
    const why = result.reasons[0]?.reason ?? 'no reason given';
    throw new Error(`${named(workers, 'worker')} answered nothing while warming up: ${why}`);
  };

  return {
    models: () => models,
    announce: (workers, users) => {
      const most = workers.length * (warmUp + users.length * (ramp + duration));
      console.log(`${system.described}: ${url}`);
      console.log(`Steps of ${ramp + duration} s; ${named(Math.ceil(most / 60), 'minute')} at the most.\n`);
      console.log(line(STEP_COLUMNS));
    },
    scale: async (workers) => {
      const othersCpu = await shown(
        `${named(workers, 'worker')}: starting and stopping until so many serve …`,
        async () => {
          await system.scale(workers);
          return settled(url, workers, apiKey, signal);
        },
      );
      if (models.length === 0) models = await chooseModels(url, options.models, apiKey);
      if (warmUp > 0) await warm(workers);
      return othersCpu;
    },
    measure: async (workers, users) => {
      const label = `${named(workers, 'worker')}, ${named(users, 'user')}`;
      const before = readCpuTimes();
      const result = await load(url, options, images, models, { kind: 'users', users }, { signal, label });
      const step = toStep(users, result, busyShare(before, readCpuTimes()));
      if (!signal.aborted) console.log(line(stepRow(workers, step)));
      return step;
    },
  };
}
