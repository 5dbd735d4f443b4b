/** What an entry of the catalogue says. Entries are data: adding a model to the catalogue is adding one. */
import type { VersionFile } from '@scry/shared/contracts/version';
import { contentId } from '@scry/shared/models/version-content';
import type { Task } from '@scry/shared/tasks/registry';

/** One version of a package, taken through npm, so that the user's registry, mirror and proxy are used. */
export interface NpmSource {
  readonly kind: 'npm';
  readonly package: string;
  readonly version: string;
  /** Where the package is, when not in the registry that npm is set up with. */
  readonly registry?: string;
  /** `npm view PACKAGE@VERSION dist.integrity`: "sha512-" and the hash in base64. */
  readonly integrity: string;
  /** Size of the packed package. */
  readonly bytes: number;
}

/** Files that lie at addresses of their own: each file's `from` is its https URL. */
export interface HttpsSource {
  readonly kind: 'https';
}

export interface CatalogueFile extends VersionFile {
  /** Where it is taken from: its path in the package, such as "package/models/a.json", or its URL. */
  readonly from: string;
}

export interface CatalogueEntry {
  /** The name that the model gets. */
  readonly name: string;
  readonly title: string;
  /** What it is for, and what it is not good at. */
  readonly description: string;
  readonly task: Task;
  readonly source: NpmSource | HttpsSource;
  /** As they lie in the model's folder. */
  readonly files: readonly CatalogueFile[];
  readonly license: {
    /** SPDX's name for it. */
    readonly name: string;
    /** Who holds the copyright, and on what terms the network itself was made. */
    readonly notice: string;
    readonly url: string;
  };
  readonly manifest: Readonly<Record<string, unknown>>;
  /** What was measured, on what; null: nothing was. */
  readonly accuracy: string | null;
}

/** Bytes of the model's files. */
export function modelBytes({ files }: CatalogueEntry): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Bytes that are downloaded for it. */
export function downloadBytes(entry: CatalogueEntry): number {
  return entry.source.kind === 'npm' ? entry.source.bytes : modelBytes(entry);
}

/** The id of the version that an entry becomes, known before it is pulled. */
export function entryId({ manifest, files }: CatalogueEntry): string {
  return contentId(manifest, files);
}

/** Where an entry comes from, in one line. */
export function sourceName({ source, files }: CatalogueEntry): string {
  return source.kind === 'npm' ? `npm: ${source.package}@${source.version}` : (files[0]?.from ?? '');
}
