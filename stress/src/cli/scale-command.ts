/** `npm run stress -- scale`: more and more workers, more and more users, until it breaks; then says where. */
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { SIMULATED_WORKER, writeSimulatedModel } from '../bench/batching.js';
import type { SimulatedDevice } from '../bench/simulated-device.js';
import { describeMachine } from '../report/machine.js';
import { disturbance, growthSentences, rungSentence, scaleReport } from '../report/scale-report.js';
import { writeReport } from '../report/write.js';
import { checkKey } from '../scale/await-workers.js';
import { composeSystem } from '../scale/compose.js';
import { type Climb, doublingUsers, exitCode, runLadder } from '../scale/ladder.js';
import { localSystem, type ScalableSystem } from '../scale/systems.js';
import { chooseImages, interruptible } from './load-command.js';
import { addCommonOptions, ascending, names, number, type ScaleCommandOptions, whole } from './options.js';
import { scaleRun } from './scale-run.js';

const SIMULATED_BATCH = 4;

const EXIT_CODES = `
Exit code: 0 when it was measured, whether it broke or not; 1 when predictions failed (being refused under too much load
is no failure) or not even the fewest users were served; 2 when something is wrong with the call or the system; 130 after Ctrl-C,
with a report of what was measured until then.

Examples:
  npm run stress -- scale --workers 1,2,4
  npm run stress -- scale --workers 1,2,4 --simulated-device 60,20
  npm run stress -- scale --workers 1,2,3 --compose docker-compose.yml --api-key scry_…`;

function device(text: string): SimulatedDevice {
  const [a, b, ...more] = names(text).map(number(0));
  if (a === undefined || b === undefined || more.length > 0) {
    throw new InvalidArgumentError('Give two numbers, such as 60,20.');
  }
  return { a, b };
}

async function openSystem(options: ScaleCommandOptions): Promise<ScalableSystem> {
  const { compose, url, apiKey, simulatedDevice, threads, report } = options;
  const [first, ...more] = compose ?? [];
  if (first !== undefined) {
    console.log(`Looking at the containers of ${first} …`);
    const system = await composeSystem({ files: [first, ...more], ...(url !== undefined && { url }) });
    await checkKey(system.url, apiKey);
    return system;
  }
  console.log('Starting a system of its own …');
  const env = { WORKER_THREADS: String(threads), LOG_LEVEL: 'warn' };
  const folder = path.resolve(report);
  if (simulatedDevice === undefined) {
    return localSystem({ folder, modelsDir: path.resolve(options.modelsDir), env });
  }
  const modelsDir = async (own: string) => {
    const models = path.join(own, 'models');
    await writeSimulatedModel(models, simulatedDevice, SIMULATED_BATCH);
    return models;
  };
  const system = await localSystem({ folder, modelsDir, env, workerScript: SIMULATED_WORKER });
  const { a, b } = simulatedDevice;
  const described = `${system.described}, each worker with a simulated device whose batch of n takes ${a} + ${b}·n ms, ${SIMULATED_BATCH} at the most`;
  return { ...system, described };
}

async function writeScaleReport(
  options: ScaleCommandOptions,
  system: ScalableSystem,
  asked: { readonly models: readonly string[]; readonly images: string },
  climb: Climb,
): Promise<void> {
  const { mode, duration, ramp, warmUp, maxP99 } = options;
  const text = `${system.described}, answers by "${mode}", models ${asked.models.join(', ')}, ${asked.images}; each step ${duration} s after a ramp of ${ramp} s, each number of workers after ${warmUp} s of warming up; 99 % of the answers may take ${maxP99} ms.`;
  const machine = describeMachine();
  const { rungs } = climb;
  const stopped = climb.stopped instanceof Error ? climb.stopped.message : climb.stopped;
  const report = scaleReport(text, machine, climb);
  const files = await writeReport(options.report, 'scale', report, { asked: text, machine, rungs, stopped });
  const sentences = [...rungs.map(rungSentence), ...growthSentences(rungs), ...disturbance(rungs)];
  console.log(`\n${sentences.join('\n') || report.verdict}\n\n${files.join('\n')}`);
}

async function runScaleCommand(options: ScaleCommandOptions): Promise<void> {
  if (options.compose === undefined && options.url !== undefined) {
    throw new Error('Give --url with --compose only; a server that runs is measured with "load --url …".');
  }
  const signal = interruptible();
  const { images, described } = await chooseImages(options.images);
  const users = options.users ?? doublingUsers(options.maxUsers);
  const system = await openSystem(options);
  try {
    const run = scaleRun(options, system, images, signal);
    const { workers, maxP99: maxP99Ms } = options;
    run.announce(workers, users);
    const climb = await runLadder({ workers, users, maxP99Ms, ...run, signal });
    if (climb.rungs.length > 0) {
      await writeScaleReport(options, system, { models: run.models(), images: described }, climb);
    }
    if (climb.stopped !== null) {
      console.error(climb.stopped === 'interrupted' ? 'Interrupted.' : climb.stopped.message);
    }
    process.exitCode = exitCode(climb, options.maxFailures);
  } finally {
    await system.stop();
    if (system.afterwards) console.log(system.afterwards);
  }
}

export function addScaleCommand(program: Command): void {
  const command = program
    .command('scale')
    .description(
      'Raise workers and users until the system breaks, and name the point. Runs a system of its own, or scales containers.',
    )
    .option('--workers <counts>', 'numbers of workers to try', ascending, [1, 2])
    .option('--users <counts>', 'numbers of users to try, until saturation; left out: 1, 2, 4, …', ascending)
    .option('--max-users <count>', 'how far users are doubled where --users is left out', whole(1), 1024)
    .option('--warm-up <seconds>', 'load before each number of workers is measured', number(0), 10)
    .option(
      '--max-p99 <ms>',
      'the system counts as broken when 1 % of the answers take longer',
      number(1),
      5000,
    )
    .option('--models-dir <folder>', 'models of the system that is started', 'models')
    .option('--threads <count>', 'inference threads per worker of the system that is started', whole(1), 1)
    .option(
      '--simulated-device <a,b>',
      'give each worker a device whose batch of n takes a + b·n ms and no CPU, to see what all the rest allows',
      device,
    )
    .option(
      '--compose <files>',
      'scale the service "worker" of this docker-compose file, or of these, comma-separated; a remote engine counts too',
      names,
    )
    .option('--url <url>', 'with --compose: where its API is; left out: where the file publishes it')
    .addHelpText('after', EXIT_CODES);
  addCommonOptions(command, { ramp: 2, duration: 15 }).action(runScaleCommand);
}
