/** Owns which folders this process has made, so that a write need not ask; forgets one that somebody has removed. */
import { exists, type FileError, makeFolder } from './files.js';

/** So many are remembered; then they are found out again. */
const MOST = 1024;

export class MadeFolders {
  readonly #made = new Set<string>();

  /** Does something in a folder, which is made before; and made again when somebody has removed it meanwhile. */
  async within<T>(folder: string, step: () => Promise<T>): Promise<T> {
    await this.#make(folder);
    try {
      return await step();
    } catch (error) {
      if ((error as FileError).code !== 'ENOENT' || (await exists(folder))) throw error;
      this.#made.delete(folder);
      await this.#make(folder);
      return step();
    }
  }

  async #make(folder: string): Promise<void> {
    if (this.#made.has(folder)) return;
    await makeFolder(folder);
    if (this.#made.size >= MOST) this.#made.clear();
    this.#made.add(folder);
  }
}
