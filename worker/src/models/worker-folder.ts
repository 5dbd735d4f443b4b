/**
 * The folder in which one worker lays out files of models. Owns ROOT/<id of the worker>: emptied when the worker starts and
 * removed when it ends. What workers that were killed left is removed by those that start later.
 */
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '@scry/shared/runtime/log';

const TOUCH_MS = 60_000;
/** A folder that nobody touched for so long belongs to a worker that is gone. */
const ABANDONED_MS = 3_600_000;

export class WorkerFolder {
  readonly path: string;
  readonly #root: string;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | null = null;

  /** @param id of the worker: no other that lives has it */
  constructor(root: string, id: string, log: Logger) {
    this.#root = root;
    this.#log = log;
    this.path = path.join(root, id);
  }

  /** @throws what the file system says */
  async open(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    await this.#removeAbandoned();
    this.#timer = setInterval(() => void this.#touch(), TOUCH_MS);
    this.#timer.unref();
  }

  async close(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    await rm(this.path, { recursive: true, force: true });
  }

  async #touch(): Promise<void> {
    const now = new Date();
    await utimes(this.path, now, now).catch((error: Error) => {
      this.#log.warn({ error: error.message }, "the folder of this worker's models cannot be touched");
    });
  }

  async #removeAbandoned(): Promise<void> {
    for (const name of await readdir(this.#root)) {
      const folder = path.join(this.#root, name);
      const found = await stat(folder).catch(() => null); // removed by another worker that starts
      if (found && Date.now() - found.mtimeMs > ABANDONED_MS)
        await rm(folder, { recursive: true, force: true });
    }
  }
}
