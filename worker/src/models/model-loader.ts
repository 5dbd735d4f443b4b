/** From a version's row to a model in the inference threads: its files laid out, converted where that is needed, loaded. */
import type { VersionNote } from '@scry/shared/contracts/version';
import type { Version } from '@scry/shared/database/model-versions';
import type { Model } from '@scry/shared/models/model-folders';
import type { Logger } from '@scry/shared/runtime/log';
import { BlobMissing } from '@scry/shared/storage/blobs';
import type { LoadedModel } from '../inference/model-runner.js';
import type { InferencePool } from '../inference/pool.js';
import { completedManifest } from './completed-manifest.js';
import { prepareModel } from './conversion/convert.js';
import type { RunnableModel } from './conversion/plan.js';
import { oneLine } from './manifest-problem.js';
import type { ModelFiles } from './model-files.js';
import { noteText, openModel } from './open-model.js';

export interface LoadedVersion extends LoadedModel {
  readonly model: RunnableModel;
  /** Sentences about how it came to run this way. */
  readonly notes: readonly string[];
}

interface Failed {
  readonly ok: false;
  readonly problem: string;
  /** Its files are not in storage any more. */
  readonly filesMissing: boolean;
}

interface Done {
  readonly ok: true;
  readonly loaded: LoadedVersion;
}

export type Loading = Done | Failed;
export type CheckedLoading =
  | (Done & { readonly manifest: object; readonly completed: readonly VersionNote[] })
  | Failed;

export interface ModelLoaderParts {
  readonly files: ModelFiles;
  readonly pool: Pick<InferencePool, 'load'>;
  /** Folder of converted files. */
  readonly cache: string;
  readonly log: Logger;
}

export class ModelLoader {
  readonly #parts: ModelLoaderParts;

  constructor(parts: ModelLoaderParts) {
    this.#parts = parts;
  }

  /** Loads a version that is ready. @param atOnce in all threads at the same time, when nobody waits for answers yet */
  async load(version: Version, atOnce: boolean): Promise<Loading> {
    const { files } = this.#parts;
    return this.#try(version, async () => this.#load(version, await files.model(version), atOnce));
  }

  /** Loads a version that was not checked yet, completing its manifest: that it loads and answers is its check. */
  async check(version: Version): Promise<CheckedLoading> {
    const { files, cache, log } = this.#parts;
    return this.#try(version, async () => {
      const { model, notes } = await openModel(await files.folder(version), { cache, isolated: false });
      if (notes.length > 0)
        log.info(
          { model: version.name, notes: notes.map(noteText) },
          'the manifest was completed from the files',
        );
      const loading = await this.#load(version, model, true);
      if (!loading.ok) return loading;
      const { model: runnable, report } = loading.loaded;
      return { ...loading, manifest: completedManifest(runnable, report.input), completed: notes };
    });
  }

  async #try<T>(version: Version, load: () => Promise<T | Failed>): Promise<T | Failed> {
    try {
      return await load();
    } catch (error) {
      const filesMissing = error instanceof BlobMissing;
      const problem = filesMissing ? 'its files are not in storage' : oneLine(error);
      return { ok: false, problem: this.#parts.files.withoutFolder(version, problem), filesMissing };
    }
  }

  async #load(version: Version, found: Model, atOnce: boolean): Promise<Loading> {
    const { files, pool, cache, log } = this.#parts;
    const { model, notes } = await prepareModel(found, cache);
    const report = await pool.load(model, { atOnce });
    if (!report.ok)
      return { ok: false, problem: files.withoutFolder(version, report.problem), filesMissing: false };
    const about = { model: model.name, version: model.version };
    const said = [...notes, ...report.notes];
    const { engine, device, runtime, batchLimit, loadMs } = report;
    const measured = { engine, device, runtime, batchLimit, loadMs: Math.round(loadMs) };
    log.info({ ...about, ...measured, ...(said.length > 0 && { notes: said }) }, 'model loaded');
    return { ok: true, loaded: { model, report, notes } };
  }
}
