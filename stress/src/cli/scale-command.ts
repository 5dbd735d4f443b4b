/** `npm run stress -- scale`: more and more workers, more and more users, until it breaks; then says where. */
import path from 'node:path';
import type { Command } from 'commander';
import { describeMachine } from '../report/machine.js';
import { scaleReport } from '../report/scale-report.js';
import { writeReport } from '../report/write.js';
import { runLadder } from '../scale/ladder.js';
import { composeSystem, localSystem, type ScalableSystem } from '../scale/systems.js';
import { choosePictures, measure } from './load-command.js';
import { addCommonOptions, ascending, type CommonOptions, number, whole } from './options.js';
import { chooseModels } from './server.js';

interface ScaleCommandOptions extends CommonOptions {
  readonly workers: readonly number[];
  readonly users: readonly number[];
  readonly maxP99: number;
  readonly modelsDir: string;
  readonly threads: number;
  readonly compose?: string;
  readonly url: string;
}

function openSystem(options: ScaleCommandOptions): Promise<ScalableSystem> {
  if (options.compose !== undefined) return composeSystem(options.compose, options.url);
  return localSystem({
    folder: path.resolve(options.report, 'system'),
    modelsDir: path.resolve(options.modelsDir),
    env: { WORKER_THREADS: String(options.threads), LOG_LEVEL: 'warn' },
  });
}

async function runScaleCommand(options: ScaleCommandOptions): Promise<void> {
  const { pictures, described } = await choosePictures(options.pictures);
  const system = await openSystem(options);
  try {
    await system.scale(1);
    const models = await chooseModels(system.url, options.models, options.apiKey);
    const rungs = await runLadder({
      workers: options.workers,
      users: options.users,
      maxP99Ms: options.maxP99,
      scale: system.scale,
      measure: (workers, users) => {
        console.log(`workers: ${workers}, users: ${users}`);
        return measure(system.url, options, pictures, models, { kind: 'users', users });
      },
    });
    const asked = `${system.described}, answers by "${options.mode}", models ${models.join(', ')}, ${described}; each step ${options.duration} s after a ramp of ${options.ramp} s; 99 % of the answers may take ${options.maxP99} ms.`;
    const machine = describeMachine();
    const report = scaleReport(asked, machine, rungs);
    const files = await writeReport(options.report, 'scale', report, { machine, rungs });
    console.log(`${report.verdict}\n${files.join('\n')}`);
    const failed = rungs.flatMap((rung) => rung.steps).reduce((sum, step) => sum + step.bad, 0);
    if (failed > options.maxFailures) process.exitCode = 1;
  } finally {
    await system.stop();
  }
}

export function addScaleCommand(program: Command): void {
  const command = program
    .command('scale')
    .description(
      'Raise workers and users until the system breaks, and name the point. Runs a system of its own.',
    )
    .option('--workers <counts>', 'numbers of workers to try', ascending, [1, 2])
    .option(
      '--users <counts>',
      'numbers of users to try, until saturation',
      ascending,
      [1, 2, 4, 8, 16, 32, 64, 128],
    )
    .option(
      '--max-p99 <ms>',
      'the system counts as broken when 1 % of the answers take longer',
      number(1),
      5000,
    )
    .option('--models-dir <folder>', 'models of the system that is started', 'models')
    .option('--threads <count>', 'inference threads per worker of the system that is started', whole(1), 1)
    .option('--compose <file>', 'scale the service "worker" of this docker-compose file instead')
    .option('--url <url>', 'with --compose: where its API is', 'http://127.0.0.1:8080');
  addCommonOptions(command).action(runScaleCommand);
}
