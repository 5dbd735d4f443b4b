/** Options that the commands share, and how their texts are read. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { SimulatedDevice } from '../bench/simulated-device.js';
import { MODES, type Mode } from '../load/target.js';

export interface CommonOptions {
  readonly mode: Mode;
  readonly models: readonly string[];
  readonly images?: string;
  readonly same: boolean;
  readonly ramp: number;
  readonly duration: number;
  readonly deadline: number;
  readonly poll?: number;
  readonly connections: number;
  readonly apiKey?: string;
  readonly maxFailures: number;
  readonly report: string;
}

export interface ScaleCommandOptions extends CommonOptions {
  readonly workers: readonly number[];
  readonly users?: readonly number[];
  readonly maxUsers: number;
  readonly warmUp: number;
  readonly maxP99: number;
  readonly modelsDir: string;
  readonly threads: number;
  readonly simulatedDevice?: SimulatedDevice;
  readonly compose?: readonly string[];
  readonly url?: string;
}

export function number(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isFinite(value) || value < min || text.trim() === '') {
      throw new InvalidArgumentError(`Give a number of ${min} or more.`);
    }
    return value;
  };
}

export function whole(min: number): (text: string) => number {
  return (text) => {
    const value = number(min)(text);
    if (!Number.isInteger(value)) throw new InvalidArgumentError('Give a whole number.');
    return value;
  };
}

export function names(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

export function ascending(text: string): number[] {
  const values = names(text).map(whole(1));
  if (values.length === 0) throw new InvalidArgumentError('Give numbers, such as 1,2,4,8.');
  return values.sort((a, b) => a - b);
}

/** @param seconds defaults, by what a command measures */
export function addCommonOptions(command: Command, seconds = { ramp: 5, duration: 30 }): Command {
  return command
    .addOption(
      new Option('--mode <mode>', 'how a client learns of its answer').choices(MODES).default('wait'),
    )
    .option(
      '--models <names>',
      'models to ask in turn, comma-separated; the default model if left out',
      names,
      [],
    )
    .option('--images <folder>', 'send the images in this folder instead of made ones')
    .option('--same', 'send the same bytes again and again, instead of making each JPEG a new image', false)
    .option('--ramp <seconds>', 'grow to the full load over this time', number(0), seconds.ramp)
    .option('--duration <seconds>', 'measure this long after the ramp', number(1), seconds.duration)
    .option('--deadline <seconds>', 'an answer that takes longer has failed', number(0.1), 60)
    .option(
      '--poll <ms>',
      'time between two polls in mode "poll"; what Retry-After asks for if left out',
      number(1),
    )
    .option('--connections <count>', 'connections at the most', whole(1), 1024)
    .option('--api-key <key>', 'sent as a bearer token')
    .option(
      '--max-failures <count>',
      'exit with 1 when more predictions than this fail or are refused',
      whole(0),
      0,
    )
    .option('--report <folder>', 'where the report goes', 'data/stress');
}
