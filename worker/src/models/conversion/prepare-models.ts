import type { Model, ModelProblem } from '@scry/shared/models/model-folders';
import { ManifestProblem } from '../manifest-problem.js';
import { clearConversions, type Prepared, prepareModel } from './convert.js';

/**
 * Makes a worker's models ready for their engines, one after the other: each conversion takes a process and all the
 * memory of its weights.
 * @param cache folder of converted files; those that nobody uses any more are removed from it
 * @returns the models that can be tried, and a sentence for each of the others
 */
export async function prepareModels(
  models: readonly Model[],
  cache: string,
): Promise<{ prepared: readonly Prepared[]; problems: readonly ModelProblem[] }> {
  const prepared: Prepared[] = [];
  const problems: ModelProblem[] = [];
  for (const model of models) {
    try {
      prepared.push(await prepareModel(model, cache));
    } catch (error) {
      if (!(error instanceof ManifestProblem)) throw error;
      problems.push({ name: model.name, message: error.message });
    }
  }
  await clearConversions(cache);
  return { prepared, problems };
}
