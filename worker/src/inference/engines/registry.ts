/** Which module runs which engine. Modules load when a model first needs them, so an unused engine costs nothing. */
import type { Engine } from './engine.js';

/**
 * Engine name → URL of a module that exports `engine: Engine`. Adds to the built-in engines, or replaces one:
 * this is how tests and benchmarks put a simulated device in an engine's place.
 */
export type EngineModules = Readonly<Record<string, string>>;

const builtIn: Readonly<Record<string, () => Promise<{ engine: Engine }>>> = {
  onnx: () => import('./onnx.js'),
  tfjs: () => import('./tfjs.js'),
};

/** @throws Error when no module has that name, or it cannot be loaded */
export async function loadEngine(
  name: string | undefined = 'onnx',
  modules: EngineModules = {},
): Promise<Engine> {
  const replaced = modules[name];
  const load = replaced
    ? (): Promise<{ engine: Engine }> => import(replaced)
    : Object.hasOwn(builtIn, name)
      ? builtIn[name]
      : undefined;
  if (!load) throw new Error(`engine "${name}" is not known; use ${Object.keys(builtIn).join(' or ')}`);
  return (await load()).engine;
}
