import type { RunnableModel } from './conversion/plan.js';

/**
 * The manifest of a model that was loaded, with what the files say.
 * @param size of the network's input, pixels
 */
export function completedManifest(
  { folder, file, network: _cached, ...manifest }: RunnableModel,
  size: { readonly width: number; readonly height: number },
): object {
  const { width, height } = size;
  return { ...manifest, file: file.slice(folder.length + 1), input: { ...manifest.input, width, height } };
}
