/** The smaller benchmarks beside the main one: batches on a simulated device, resampling, converted models, and much data. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '@scry/shared/runtime/log';
import type { Command } from 'commander';
import { makeImages } from '../load/images.js';
import { writeBenchModels } from '../models/write.js';
import { describeMachine, machineSentence } from '../report/machine.js';
import { figure, type Report } from '../report/report.js';
import { writeReport } from '../report/write.js';
import { startServices } from '../stack/services.js';
import { count } from './arguments.js';
import { measureBatching } from './batching.js';
import { batchingReport } from './batching-report.js';
import { measureConverted } from './converted.js';
import { convertedReport } from './converted-report.js';
import { measureResampling } from './resampling.js';
import { resamplingSection } from './resampling-report.js';
import { startBenchSystem } from './system.js';
import { measureVolume, SERVED } from './volume.js';
import { volumeReport } from './volume-report.js';

interface BatchingCommandOptions {
  readonly out: string;
  readonly seconds: number;
}

/** Slow enough that eight of them leave the CPUs idle. */
const DEVICE = { a: 150, b: 50 };
const MAX_BATCH = 4;
const WORKERS = [1, 2, 4, 8];

async function runBatching({ out, seconds }: BatchingCommandOptions, log: Logger): Promise<void> {
  const folder = path.resolve(out, 'batching');
  await rm(folder, { recursive: true, force: true });
  const services = await startServices(path.join(folder, 'services'));
  const steps = await measureBatching({
    services,
    folder: path.join(folder, 'scry'),
    device: DEVICE,
    maxBatch: MAX_BATCH,
    workers: WORKERS,
    seconds,
  }).finally(() => services.stop());
  const machine = describeMachine();
  const report = batchingReport(DEVICE, MAX_BATCH, steps, machine);
  const data = { machine, device: DEVICE, maxBatch: MAX_BATCH, steps };
  const files = await writeReport(path.resolve(out), 'batching', report, data);
  log.info({ files }, report.verdict);
}

interface VolumeCommandOptions {
  readonly out: string;
  readonly finished: number;
  readonly queued: number;
  readonly calls: number;
  readonly predictions: number;
  readonly users: number;
}

async function runVolume(options: VolumeCommandOptions, log: Logger): Promise<void> {
  const { out, finished, queued, calls, predictions, users } = options;
  const modelsDir = path.resolve('data/bench-models');
  await writeBenchModels(modelsDir);
  const system = await startBenchSystem({
    folder: path.resolve(out, 'volume'),
    modelsDir,
    workers: 1,
    env: { WORKER_MODELS: SERVED, MAX_UNFINISHED: '1000000', MAX_UNFINISHED_TOTAL: '1000000' },
  });
  const result = await measureVolume({
    url: system.scry.url,
    databaseUrl: system.services.databaseUrl,
    images: await makeImages(16, 32, 32),
    memoryParts: system.memoryParts,
    finishedRows: finished,
    queuedRows: queued,
    calls,
    predictions,
    users,
    say: (sentence) => log.info(sentence),
  }).finally(() => system.stop());
  const machine = describeMachine();
  const report = volumeReport(result, machine);
  const files = await writeReport(path.resolve(out), 'volume', report, { machine, result });
  log.info({ files }, report.verdict);
}

async function runResampling(out: string, log: Logger): Promise<void> {
  const rows = await measureResampling();
  const machine = describeMachine();
  const [fast, ...exact] = rows.map(({ cpuMs }) => cpuMs.median);
  const dearest = Math.max(...exact) / (fast ?? Number.NaN);
  const report: Report = {
    title: 'What exact resampling costs',
    verdict: `At the most ${figure(dearest)} times the CPU of fast.`,
    sections: [{ heading: 'Machine', text: [machineSentence(machine)] }, resamplingSection(rows)],
  };
  const files = await writeReport(path.resolve(out), 'resampling', report, { machine, rows });
  log.info({ files }, report.verdict);
}

interface ConvertedCommandOptions {
  readonly out: string;
  readonly rounds: number;
}

async function runConverted(
  folders: readonly string[],
  { out, rounds }: ConvertedCommandOptions,
  log: Logger,
): Promise<void> {
  const rows = await measureConverted(folders, rounds);
  const machine = describeMachine();
  const report = convertedReport(rows, machine);
  const files = await writeReport(path.resolve(out), 'converted', report, { machine, rows });
  log.info({ files }, report.verdict);
}

export function addSmallerBenchmarks(program: Command, log: Logger): void {
  program
    .command('batching')
    .description('Throughput with 1, 2, 4 and 8 workers on simulated devices, against the best they allow.')
    .option('--seconds <count>', 'length of a step', count, 10)
    .option('--out <folder>', 'where the report goes', 'data/bench')
    .action((options: BatchingCommandOptions) => runBatching(options, log));
  program
    .command('resampling')
    .description('CPU of decoding and scaling an image, for each way that a manifest can ask for.')
    .option('--out <folder>', 'where the report goes', 'data/bench')
    .action(({ out }: { readonly out: string }) => runResampling(out, log));
  program
    .command('converted')
    .description('CPU of TensorFlow.js models converted to ONNX, beside TensorFlow.js itself.')
    .argument('[folders...]', 'folders of models, each with a manifest', ['models/everyday-10-tfjs'])
    .option('--rounds <count>', 'runs of each', count, 21)
    .option('--out <folder>', 'where the report goes', 'data/bench')
    .action((folders: readonly string[], options: ConvertedCommandOptions) =>
      runConverted(folders, options, log),
    );
  program
    .command('volume')
    .description('Times of single calls beside a million predictions, and memory over a hundred thousand.')
    .option('--finished <rows>', 'finished predictions in the database', count, 1_000_000)
    .option('--queued <rows>', 'queued predictions in the database', count, 100_000)
    .option('--calls <count>', 'calls of each kind that are timed', count, 300)
    .option('--predictions <count>', 'predictions over which memory is watched', count, 100_000)
    .option('--users <count>', 'clients at once meanwhile', count, 64)
    .option('--out <folder>', 'where the report goes', 'data/bench')
    .action((options: VolumeCommandOptions) => runVolume(options, log));
}
