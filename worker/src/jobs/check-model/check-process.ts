/**
 * The process in which a version is checked: it loads the model as an inference thread would, runs it once and says what it
 * found. Whatever the files do to it, they do to this process alone.
 */

import type { VersionNote } from '@scry/shared/contracts/version';
import { loadModel, type Model } from '@scry/shared/models/model-folders';
import { type EngineModules, loadEngine } from '../../inference/engines/registry.js';
import { ServedModel } from '../../inference/thread-model.js';
import { oneLine } from '../../models/manifest-problem.js';

/** The only message that the process is sent. */
export interface CheckRequest {
  /** The folder of the model; its name is the model's. */
  readonly folder: string;
  readonly engines: EngineModules;
}

export type CheckReply =
  | { readonly ok: true; readonly manifest: object; readonly notes: readonly VersionNote[] }
  | { readonly ok: false; readonly reason: string };

/** What of a model is its manifest: everything but where its files lie. */
function manifestOf({ folder, file, ...manifest }: Model): object {
  return { ...manifest, file: file.slice(folder.length + 1) };
}

async function check({ folder, engines }: CheckRequest): Promise<CheckReply> {
  try {
    const model = await loadModel(folder);
    const engine = await loadEngine(model.engine, engines);
    const options = { device: 'cpu', intraOpThreads: 1, onFallback: () => {}, onAbsent: () => {} } as const;
    const served = await ServedModel.load(engine, model, options, () => {});
    const { width, height } = served.input;
    await served.dispose();
    return {
      ok: true,
      manifest: { ...manifestOf(model), input: { ...model.input, width, height } },
      notes: [],
    };
  } catch (error) {
    return { ok: false, reason: oneLine(error).replaceAll(`${folder}/`, '') };
  }
}

process.once('message', (request: CheckRequest) => {
  void check(request).then((reply) => process.send?.(reply, () => process.exit(0)));
});
process.once('disconnect', () => process.exit(0));
