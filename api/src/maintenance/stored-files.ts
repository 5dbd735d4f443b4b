/**
 * Which files of predictions stay, are filed or go. Decided from rows, not in the tail of the request or job that made or
 * ended them: whatever dies, the next run finds the same rows. Every step may be done twice.
 *
 *     prediction has ended    `images: by-class`: linked under its class; `images: delete`: its image goes once nobody needs it
 *     prediction was deleted  its link goes, and its image once nobody needs it
 *     file without a row      goes when it is found; one folder of 256 after the other is looked through, in a day
 */
import type {
  EndedPrediction,
  FileRemoval,
  Progress,
  StoredFileStore,
} from '@scry/shared/database/stored-files';
import type { Model } from '@scry/shared/models/model-folders';
import type { Logger } from '@scry/shared/runtime/log';
import { BlobMissing } from '@scry/shared/storage/blobs';
import type { FiledLinks } from '@scry/shared/storage/filed-links';
import type { ImageStorage } from '@scry/shared/storage/image-storage';

const STEP = 200;
const SHARDS = 256;
const TASK = 'filed images';
const NOT_CONFIDENT = 'not-confident';

/** Hours longer than any upload takes, so that hosts whose clocks differ by minutes do not matter. */
export const ORPHAN_AFTER_MS = 6 * 3600_000;

/** What a model's manifest says of its images. */
export interface FiledModel {
  readonly name: string;
  readonly images: Model['images'];
  readonly output: { readonly threshold?: number | undefined };
}

export interface StoredFilesParts {
  readonly files: StoredFileStore;
  readonly storage: ImageStorage;
  readonly filed: FiledLinks;
  /** What models say of their images now. */
  readonly models: () => ReadonlyMap<string, FiledModel>;
  readonly log: Logger;
}

/** Under which class an image is filed. */
function classFolder(model: FiledModel, { topClass, confidence }: EndedPrediction): string {
  const sure = topClass !== null && (confidence ?? 0) >= (model.output.threshold ?? 0);
  return sure ? topClass : NOT_CONFIDENT;
}

/** With an extension, or no viewer opens it. */
const fileName = ({ id, format }: Pick<EndedPrediction, 'id' | 'format'>) =>
  `${id}.${format === 'jpeg' ? 'jpg' : format}`;

export class StoredFiles {
  readonly #parts: StoredFilesParts;
  #shard = Math.floor(Math.random() * SHARDS);

  constructor(parts: StoredFilesParts) {
    this.#parts = parts;
  }

  /** Follows what ended and what was deleted since the last run, in this order: what is filed may be removed right after. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#followEnded(signal);
    await this.#followDeleted(signal);
  }

  /** Removes an image and what was made from it, unless a prediction needs it. */
  async removeUnneeded(sha256: string): Promise<boolean> {
    const { files, storage } = this.#parts;
    const deleting = this.#modelsThat('delete');
    return storage.removeUnlessUsed(sha256, async () => (await files.needed([sha256], deleting)).has(sha256));
  }

  /** Removes files without a row: images, what was made from images that are gone, and links. */
  async sweep(): Promise<void> {
    const { files, storage, log } = this.#parts;
    const shard = this.#shard.toString(16).padStart(2, '0');
    this.#shard = (this.#shard + 1) % SHARDS;
    const kept = await storage.kept(shard, ORPHAN_AFTER_MS);
    for (let start = 0; start < kept.length; start += STEP) {
      const some = kept.slice(start, start + STEP);
      const needed = await files.needed(some, this.#modelsThat('delete'));
      for (const sha256 of some) {
        if (!needed.has(sha256) && (await this.removeUnneeded(sha256)))
          log.info({ sha256 }, 'an image was removed that no prediction needs');
      }
    }
    await storage.derived.removeOrphans(shard);
    if (shard === '00') await this.#sweepLinks();
  }

  async #sweepLinks(): Promise<void> {
    const { files, filed, log } = this.#parts;
    let removed = 0;
    for await (const links of filed.all(STEP)) {
      const existing = await files.existing(links.map(({ name }) => name));
      for (const link of links) if (!existing.has(link.name) && (await link.remove())) removed++;
    }
    if (removed > 0) log.info({ removed }, 'links to images of deleted predictions were removed');
  }

  #modelsThat(images: Model['images']): string[] {
    return [...this.#parts.models().values()]
      .filter((model) => model.images === images)
      .map(({ name }) => name);
  }

  async #followEnded(signal: AbortSignal): Promise<void> {
    const { files } = this.#parts;
    const models = [...this.#modelsThat('by-class'), ...this.#modelsThat('delete')];
    if (models.length === 0) return;
    const before = await files.committedBefore();
    let place: Progress = await files.progress(TASK);
    while (!signal.aborted) {
      const rows = await files.endedAfter(place, before, models, STEP);
      for (const row of rows) await this.#file(row);
      const last = rows.length === STEP ? rows.at(-1) : undefined;
      place = last ?? { completedText: before, id: '' };
      await files.advance(TASK, place);
      if (!last) return;
    }
  }

  async #file(row: EndedPrediction): Promise<void> {
    const { filed, models } = this.#parts;
    const model = models().get(row.model);
    if (model?.images === 'delete') await this.removeUnneeded(row.sha256);
    else if (model?.images === 'by-class')
      await filed
        .add(row.sha256, row.model, classFolder(model, row), fileName(row))
        .catch((error: unknown) => {
          if (!(error instanceof BlobMissing)) throw error; // deleted meanwhile
        });
  }

  async #followDeleted(signal: AbortSignal): Promise<void> {
    const { files, log } = this.#parts;
    while (!signal.aborted) {
      const removals = await files.removals(STEP);
      const failed: string[] = [];
      for (const removal of removals) {
        await this.#remove(removal).catch((error: unknown) => {
          failed.push(removal.key);
          log.warn(
            { error, prediction: removal.id },
            'files of a deleted prediction were not removed; trying again',
          );
        });
      }
      const done = removals.map(({ key }) => key).filter((key) => !failed.includes(key));
      await files.settle(done, failed);
      if (removals.length < STEP || failed.length > 0) return;
    }
  }

  async #remove(removal: FileRemoval): Promise<void> {
    const { id, model, sha256, topClass, reused } = removal;
    const names = [fileName(removal), id]; // earlier versions filed without an extension
    const folders = topClass === null ? [NOT_CONFIDENT] : [topClass, NOT_CONFIDENT];
    if (!reused) await this.#parts.filed.remove(model, folders, names);
    await this.removeUnneeded(sha256);
  }
}
