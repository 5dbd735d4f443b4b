/** `npm run stress -- load`: one load against a server that runs, a live line, a report, an exit code. */
import type { Command } from 'commander';
import { exponentialGaps } from '../load/arrivals.js';
import { type Image, makeImages, readImages } from '../load/images.js';
import { seededUniform } from '../load/random.js';
import type { LoadResult } from '../load/recorder.js';
import { type LoadOptions, runLoad } from '../load/run.js';
import { ScryTarget } from '../load/scry-target.js';
import { loadReport } from '../report/load-report.js';
import { describeMachine } from '../report/machine.js';
import { writeReport } from '../report/write.js';
import { addCommonOptions, type CommonOptions, number, whole } from './options.js';
import { startProgress } from './progress.js';
import { chooseModels } from './server.js';

interface LoadCommandOptions extends CommonOptions {
  readonly url: string;
  readonly users?: number;
  readonly rate?: number;
  readonly poisson: boolean;
}

const MADE_IMAGES = 32;
const DEFAULT_USERS = 8;

/** The images asked for, and how the report calls them. */
export async function chooseImages(
  folder: string | undefined,
): Promise<{ images: Image[]; described: string }> {
  if (folder !== undefined) {
    const images = await readImages(folder);
    return { images, described: `${images.length} images from ${folder}` };
  }
  return { images: await makeImages(MADE_IMAGES), described: `${MADE_IMAGES} JPEGs of 640 × 480` };
}

function chooseLoad({ users, rate, poisson }: LoadCommandOptions): {
  load: LoadOptions['load'];
  described: string;
} {
  if (rate === undefined) {
    const count = users ?? DEFAULT_USERS;
    return { load: { kind: 'users', users: count }, described: `${count} users` };
  }
  const gap = poisson ? { gap: exponentialGaps(seededUniform(1)) } : {};
  return { load: { kind: 'rate', perSecond: rate, ...gap }, described: `${rate} images/s` };
}

/** One load with everything the options say, shown while it runs. */
export async function measure(
  url: string,
  options: CommonOptions,
  images: readonly Image[],
  models: readonly string[],
  load: LoadOptions['load'],
  { signal, label }: { readonly signal?: AbortSignal; readonly label?: string } = {},
): Promise<LoadResult> {
  const { mode, apiKey, connections, poll, ramp, duration, deadline, same } = options;
  const target = new ScryTarget({ url, mode, apiKey, connections, pollMs: poll });
  const progress = startProgress(Math.ceil(ramp + duration), label);
  try {
    return await runLoad({
      target,
      images,
      models,
      load,
      rampS: ramp,
      durationS: duration,
      deadlineMs: deadline * 1000,
      distinct: !same,
      onProgress: progress.show,
      ...(signal && { signal }),
    });
  } finally {
    progress.end();
    await target.close();
  }
}

/** Ends a load early at the first Ctrl-C, with a report of what was measured; the second ends the process. */
export function interruptible(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  return controller.signal;
}

async function runLoadCommand(options: LoadCommandOptions): Promise<void> {
  if (options.users !== undefined && options.rate !== undefined) {
    throw new Error('Give --users or --rate, not both.');
  }
  const models = await chooseModels(options.url, options.models, options.apiKey);
  const { images, described } = await chooseImages(options.images);
  const { load, described: loadText } = chooseLoad(options);
  const result = await measure(options.url, options, images, models, load, {
    signal: interruptible(),
  });
  const { url, mode, ramp, duration } = options;
  const description = {
    url,
    load: loadText,
    mode,
    models,
    images: described,
    rampS: ramp,
    durationS: duration,
  };
  const machine = describeMachine();
  const report = loadReport(description, machine, result);
  const files = await writeReport(options.report, 'load', report, { description, machine, result });
  console.log(`${report.verdict}\n${files.join('\n')}`);
  for (const { reason, count } of result.reasons) console.log(`${count} × ${reason}`);
  if (result.failed + result.refused > options.maxFailures) process.exitCode = 1;
}

export function addLoadCommand(program: Command): void {
  const command = program
    .command('load', { isDefault: true })
    .description('Send images to a server that runs, and report throughput, latency and failures.')
    .option('--url <url>', 'where the API is', 'http://127.0.0.1:8080')
    .option(
      '--users <count>',
      'closed loop: each user sends the next image when the last is answered',
      whole(1),
    )
    .option(
      '--rate <perSecond>',
      'open loop: images are sent when they are due, however slow the answers',
      number(0.01),
    )
    .option('--poisson', 'with --rate: arrivals of independent clients instead of evenly spaced ones', false);
  addCommonOptions(command).action(runLoadCommand);
}
