import { fileURLToPath } from 'node:url';

/**
 * Path of the JavaScript that a worker thread runs. From TypeScript (tests) it is the built file, because threads
 * load without a transformer there.
 * @param from `import.meta.url` of the caller
 * @param name file name beside the caller, ending in ".js"
 */
export function threadFile(from: string, name: string): string {
  const here = new URL(name, from);
  return fileURLToPath(
    from.endsWith('.ts') ? here.href.replace(/\/(shared|worker)\/src\//, '/$1/dist/') : here,
  );
}
