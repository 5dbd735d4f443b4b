/** `npm run bench`: how close Scry comes to what the machine can do, and where the rest goes. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createLogger } from '@scry/shared/runtime/log';
import { Command, InvalidArgumentError } from 'commander';
import { type Image, makeImages } from '../load/images.js';
import { BENCH_MODELS, type BenchModelName, writeBenchModels } from '../models/write.js';
import { describeMachine } from '../report/machine.js';
import { writeReport } from '../report/write.js';
import { count } from './arguments.js';
import { benchModel, warmUp } from './bench.js';
import { benchReport } from './bench-report.js';
import { addSmallerBenchmarks } from './commands.js';
import { compareSection } from './compare.js';
import { peak, readMemory } from './memory.js';
import { measureResampling } from './resampling.js';
import type { BenchResult, ModelResult } from './result.js';
import { type BenchSystem, startBenchSystem } from './system.js';

interface BenchCommandOptions {
  readonly models: readonly BenchModelName[];
  readonly rounds: number;
  readonly seconds: number;
  readonly poll: number;
  readonly unloaded: number;
  readonly workers: number;
  readonly out: string;
  readonly compare?: string;
  readonly set: readonly string[];
}

const log = createLogger('bench', 'info');

const IMAGES = 32;

function modelNames(text: string): BenchModelName[] {
  return text.split(',').map((name) => {
    const found = BENCH_MODELS.find((model) => model === name.trim());
    if (!found) throw new InvalidArgumentError(`Choose from ${BENCH_MODELS.join(', ')}.`);
    return found;
  });
}

function settings(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new Error(`--set wants NAME=value, not "${pair}"`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/** Models that decode in earnest get photographs; the identity model gets images of its own size, as it measures the rest. */
async function imagesFor(model: BenchModelName): Promise<Image[]> {
  return model === 'identity' ? makeImages(IMAGES, 32, 32) : makeImages(IMAGES);
}

async function measureAll(
  system: BenchSystem,
  options: BenchCommandOptions,
): Promise<Omit<BenchResult, 'resampling'>> {
  const atRest = readMemory(system.memoryParts);
  let peakMemory = atRest;
  const models: ModelResult[] = [];
  log.info('letting the code be compiled');
  await warmUp(system, await imagesFor('identity'));
  for (const model of options.models) {
    const outcome = await benchModel({
      system,
      model,
      images: await imagesFor(model),
      rounds: options.rounds,
      seconds: options.seconds,
      pollMs: options.poll,
      unloadedCount: options.unloaded,
      say: (sentence) => log.info(sentence),
    });
    models.push(outcome.result);
    peakMemory = peak(peakMemory, outcome.peakMemory);
  }
  const images = `JPEGs of 640 × 480 (${IMAGES}, each sending made an image of its own); 32 × 32 for the identity model`;
  return {
    machine: describeMachine(),
    settings: { seconds: options.seconds, pollMs: options.poll, images },
    models,
    memory: { atRest, peak: peakMemory },
  };
}

async function runBench(options: BenchCommandOptions): Promise<void> {
  const modelsDir = path.resolve('data/bench-models');
  await writeBenchModels(modelsDir);
  const system = await startBenchSystem({
    folder: path.resolve(options.out, 'system'),
    modelsDir,
    workers: options.workers,
    env: settings(options.set),
  });
  const measured = await measureAll(system, options).finally(() => system.stop());
  log.info('measuring what resampling costs');
  const result: BenchResult = { ...measured, resampling: await measureResampling() };
  const report = benchReport(result);
  const before = options.compare
    ? [compareSection(JSON.parse(await readFile(options.compare, 'utf8')) as BenchResult, result)]
    : [];
  const [first, ...rest] = report.sections;
  const sections = first ? [first, ...before, ...rest] : before;
  const files = await writeReport(path.resolve(options.out), 'bench', { ...report, sections }, result);
  log.info({ files }, report.verdict);
}

const program = new Command('bench').description('Benchmarks of Scry on this machine.');
program
  .command('system', { isDefault: true })
  .description('Measures Scry beside a bare loop and a plain server, in turns, on this machine.')
  .option('--models <names>', `some of ${BENCH_MODELS.join(', ')}`, modelNames, BENCH_MODELS)
  .option('--rounds <count>', 'turns of each', count, 5)
  .option('--seconds <count>', 'length of a turn', count, 10)
  .option('--poll <ms>', "time between two polls; Scry's Retry-After asks for 1000", count, 1000)
  .option('--unloaded <count>', 'images per round that are asked for one at a time', count, 50)
  .option('--workers <count>', 'worker processes', count, 1)
  .option('--set <name=value...>', "settings of Scry's, for comparing them", [])
  .option('--out <folder>', 'where the report goes', 'data/bench')
  .option('--compare <file>', 'bench.json of an earlier run, to put beside this one')
  .action(runBench);
addSmallerBenchmarks(program, log);

try {
  await program.parseAsync();
} catch (error) {
  log.error({ error }, 'the benchmark did not finish');
  process.exitCode = 1;
}
