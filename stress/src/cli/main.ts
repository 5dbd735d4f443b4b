import { Command } from 'commander';
import { addLoadCommand } from './load-command.js';
import { addModelsCommand } from './models-command.js';
import { addScaleCommand } from './scale-command.js';

const program = new Command('stress').description('Measures Scry under load.');
addLoadCommand(program);
addScaleCommand(program);
addModelsCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}
