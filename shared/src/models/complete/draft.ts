/** A manifest that is being completed. What was given stays; what is added carries its reason. */
import type { VersionNote } from '../../contracts/version.js';

export type Given = Readonly<Record<string, unknown>>;

/** Something that no file tells and that nobody said. */
export class IncompleteManifest extends Error {
  /** @param field path in the manifest, such as "input.width" */
  constructor(field: string, text: string) {
    super(`${field}: ${text}`);
  }
}

export const partOf = (given: Given, field: string): Given => {
  const part = given[field];
  return typeof part === 'object' && part !== null && !Array.isArray(part) ? (part as Given) : {};
};

export class ManifestDraft {
  readonly notes: VersionNote[] = [];
  readonly #manifest: Record<string, unknown>;

  constructor(given: Given) {
    this.#manifest = structuredClone(given) as Record<string, unknown>;
  }

  get manifest(): Given {
    return this.#manifest;
  }

  has(field: string): boolean {
    return this.get(field) !== undefined;
  }

  /** @param field such as "task" or "input.width" */
  get(field: string): unknown {
    const [first = '', second] = field.split('.');
    return second === undefined ? this.#manifest[first] : partOf(this.#manifest, first)[second];
  }

  /** Sets a field unless it was given. */
  add(field: string, value: unknown, reason: string): void {
    if (this.has(field)) return;
    const [first = '', second] = field.split('.');
    if (second === undefined) this.#manifest[first] = value;
    else this.#manifest[first] = { ...partOf(this.#manifest, first), [second]: value };
    this.notes.push({ field, value, reason });
  }

  /** Sets fields that belong together unless one of the group was given, which then speaks for all of them. */
  addGroup(part: string, group: readonly string[], values: Given, reason: string): void {
    if (group.some((field) => this.has(`${part}.${field}`))) return;
    for (const [field, value] of Object.entries(values)) this.add(`${part}.${field}`, value, reason);
  }
}
