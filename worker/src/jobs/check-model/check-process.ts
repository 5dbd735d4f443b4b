/**
 * The process in which a version is checked: it loads the model as an inference thread would, runs it once and says what it
 * found. Whatever the files do to it, they do to this process alone.
 */

import type { VersionNote } from '@scry/shared/contracts/version';
import { type EngineModules, loadEngine } from '../../inference/engines/registry.js';
import { ThreadModel } from '../../inference/thread-model.js';
import { completedManifest } from '../../models/completed-manifest.js';
import { prepareModel } from '../../models/conversion/convert.js';
import { oneLine } from '../../models/manifest-problem.js';
import { openModel } from '../../models/open-model.js';

/** The only message that the process is sent. */
export interface CheckRequest {
  /** The folder of the model; its name is the model's. */
  readonly folder: string;
  readonly engines: EngineModules;
  /** Folder of converted files. */
  readonly cache: string;
}

export type CheckReply =
  | { readonly ok: true; readonly manifest: object; readonly notes: readonly VersionNote[] }
  | { readonly ok: false; readonly reason: string };

async function check({ folder, engines, cache }: CheckRequest): Promise<CheckReply> {
  try {
    const opened = await openModel(folder, { cache, isolated: true });
    const { model } = await prepareModel(opened.model, cache);
    const engine = await loadEngine(model.engine, engines);
    const options = { device: 'cpu', intraOpThreads: 1, onFallback: () => {}, onAbsent: () => {} } as const;
    const served = await ThreadModel.load(engine, model, options, () => {});
    await served.dispose();
    return { ok: true, manifest: completedManifest(model, served.input), notes: opened.notes };
  } catch (error) {
    return { ok: false, reason: oneLine(error).replaceAll(`${folder}/`, '') };
  }
}

process.once('message', (request: CheckRequest) => {
  void check(request).then((reply) => process.send?.(reply, () => process.exit(0)));
});
process.once('disconnect', () => process.exit(0));
