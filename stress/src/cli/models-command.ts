/** `npm run stress -- models`: writes the models that measurements use. */
import path from 'node:path';
import type { Command } from 'commander';
import { BENCH_MODELS, writeBenchModels } from '../models/write.js';

export function addModelsCommand(program: Command): void {
  program
    .command('models')
    .description(`Write ${BENCH_MODELS.join(', ')}: real shapes, random weights. Serve them with MODELS_DIR.`)
    .option('--folder <folder>', 'where they go', 'data/bench-models')
    .action(async ({ folder }: { folder: string }) => {
      await writeBenchModels(path.resolve(folder));
      console.log(path.resolve(folder));
    });
}
