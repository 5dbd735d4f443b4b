/** Files of recorded models: HDF5 as Keras 2 and 3 write it, `.keras` as Keras 3 and 2.13 do. */
import { strToU8, zipSync } from 'fflate';
import * as h5wasm from 'h5wasm';
import { type Dialect, describeModel } from './describe.js';
import type { RecordedLayer, Recording, Weight } from './recording.js';

let made = 0;

/** The bytes of an HDF5 file that a function fills. */
export async function hdf5(fill: (file: h5wasm.File) => void): Promise<Uint8Array> {
  const { FS } = await h5wasm.ready;
  made += 1;
  const path = `/made-${made}.h5`;
  const file = new h5wasm.File(path, 'w');
  fill(file);
  file.close();
  const bytes = FS.readFile(path, { encoding: 'binary' });
  FS.unlink(path);
  return new Uint8Array(bytes);
}

/** All weights of a layer with their owners' names, those of nested models included. */
function weightsOf(layer: RecordedLayer): { readonly owner: string; readonly weight: Weight }[] {
  if (layer.nested) return layer.nested.layers.flatMap(weightsOf);
  return layer.weights.map((weight) => ({ owner: layer.config.name, weight }));
}

/** An attribute with a list of texts, empty ones as numbers like h5py writes them. */
export function writeTexts(group: h5wasm.Group, name: string, texts: readonly string[]): void {
  if (texts.length === 0) group.create_attribute(name, new Float64Array(0), [0], '<d');
  else group.create_attribute(name, [...texts], [texts.length]);
}

export interface Hdf5Options {
  readonly version?: string;
  /** Changes the stored name of a weight. */
  readonly rename?: (owner: string, variable: string) => string;
  readonly config?: unknown;
  readonly backend?: string;
}

/** A group, with those above it, made where it is not there. */
function groupAt(root: h5wasm.Group, parts: readonly string[]): h5wasm.Group {
  return parts.reduce((group, part) => (group.get(part) ?? group.create_group(part)) as h5wasm.Group, root);
}

function writeLayer(
  root: h5wasm.Group,
  layer: RecordedLayer,
  dialect: Dialect,
  rename: Hdf5Options['rename'],
): void {
  const all = weightsOf(layer);
  const ordered = [
    ...all.filter(({ weight }) => weight.trained),
    ...all.filter(({ weight }) => !weight.trained),
  ];
  const group = groupAt(root, layer.config.name.split('/'));
  const names = ordered.map(
    ({ owner, weight }) =>
      rename?.(owner, weight.name) ?? `${owner}/${weight.name}${dialect === 2 ? ':0' : ''}`,
  );
  writeTexts(group, 'weight_names', names);
  for (const [index, { weight }] of ordered.entries()) {
    const parts = (names[index] as string).split('/');
    const inner = groupAt(group, parts.slice(0, -1));
    inner.create_dataset({
      name: parts.at(-1) as string,
      data: weight.data,
      shape: [...weight.shape],
      dtype: '<f4',
    });
  }
}

/** A `.h5` file of Keras 2 or 3. */
export function hdf5Model(
  model: Recording,
  dialect: Dialect,
  options: Hdf5Options = {},
): Promise<Uint8Array> {
  const { version = dialect === 2 ? '2.11.0' : '3.5.0', rename, backend = 'tensorflow' } = options;
  return hdf5((file) => {
    const config = options.config ?? describeModel(model, dialect);
    file.create_attribute('model_config', JSON.stringify(config), null, 'S');
    file.create_attribute('keras_version', version);
    file.create_attribute('backend', backend);
    const root = file.create_group('model_weights') as h5wasm.Group;
    root.create_attribute('backend', backend);
    root.create_attribute('keras_version', version);
    writeTexts(
      root,
      'layer_names',
      model.layers.map(({ config: { name } }) => name),
    );
    for (const layer of model.layers) writeLayer(root, layer, dialect, rename);
  });
}

const snake = (name: string) =>
  name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

export interface KerasOptions {
  readonly container?: 'layers' | '_layer_checkpoint_dependencies';
  /** Whether groups say which layer they belong to. */
  readonly named?: boolean;
  /** Keras 2.13 to 2.15 counts a layer with weights twice. */
  readonly twice?: boolean;
  readonly version?: string;
  readonly config?: unknown;
}

function writeContainer(parent: h5wasm.Group, model: Recording, options: KerasOptions): void {
  const { container = 'layers', named = true, twice = false } = options;
  const root = parent.create_group(container) as h5wasm.Group;
  const counts = new Map<string, number>();
  for (const layer of model.layers) {
    if (layer.className.startsWith('op:')) continue;
    const base = snake(layer.className);
    const number = counts.get(base) ?? 0;
    counts.set(base, number + (twice && weightsOf(layer).length > 0 ? 2 : 1));
    const group = root.create_group(number === 0 ? base : `${base}_${number}`) as h5wasm.Group;
    const vars = group.create_group('vars') as h5wasm.Group;
    if (named) vars.create_attribute('name', layer.config.name);
    for (const [index, { shape, data }] of layer.weights.entries())
      vars.create_dataset({ name: String(index), data, shape: [...shape], dtype: '<f4' });
    if (layer.nested) writeContainer(group, layer.nested, options);
  }
}

/** A `.keras` file. */
export async function kerasModel(model: Recording, options: KerasOptions = {}): Promise<Uint8Array> {
  const weights = await hdf5((file) => writeContainer(file, model, options));
  const version = options.version ?? '3.5.0';
  const config = options.config ?? describeModel(model, version.startsWith('2') ? 2 : 3);
  return zipSync(
    {
      'metadata.json': strToU8(JSON.stringify({ keras_version: version })),
      'config.json': strToU8(JSON.stringify(config)),
      'model.weights.h5': weights,
    },
    { level: 0 },
  );
}
