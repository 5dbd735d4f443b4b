/** The name of a version in full, which also names the queue of its jobs. Without imports: inference threads load it, too. */
export function versionKey(name: string, version: string): string {
  return `${name}@${version}`;
}
