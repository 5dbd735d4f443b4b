/** Keras files: `.keras`, and HDF5 as Keras 1, 2 and 3 write it. */
import { ConversionError } from '../errors.js';
import type { ModelFiles, Reader, ReadModel } from '../readers/reader.js';
import { isZip, readArchive } from './archive.js';
import { readConfig } from './config.js';
import { Hdf5File, isHdf5 } from './hdf5.js';
import { Hdf5Weights } from './hdf5-weights.js';
import { KerasWeights } from './keras-weights.js';
import { readKerasModel } from './read-model.js';

function found(
  files: ModelFiles,
  names: RegExp,
  begins: (bytes: Uint8Array) => boolean,
): Uint8Array | undefined {
  for (const [name, bytes] of files) if (names.test(name) || begins(bytes)) return bytes;
  return undefined;
}

const archiveOf = (files: ModelFiles) => found(files, /\.keras$/i, () => false);
const hdf5Of = (files: ModelFiles) => found(files, /\.(h5|hdf5)$/i, isHdf5);

async function withFile<T>(bytes: Uint8Array, use: (file: Hdf5File) => T): Promise<T> {
  const file = await Hdf5File.open(bytes);
  try {
    return use(file);
  } finally {
    file.close();
  }
}

async function readKeras(bytes: Uint8Array): Promise<ReadModel> {
  // Some people rename an HDF5 file.
  if (isHdf5(bytes)) return readHdf5(bytes);
  if (!isZip(bytes))
    throw new ConversionError('The .keras file is not a zip: it is damaged, or another kind of file.');
  const { metadata, config, weights } = readArchive(bytes);
  const model = readConfig(config);
  const version = metadata.keras_version;
  return withFile(weights, (file) =>
    readKerasModel({
      model,
      weights: new KerasWeights(file, model),
      format: 'keras',
      kind: '.keras',
      ...(typeof version === 'string' ? { kerasVersion: version } : {}),
    }),
  );
}

function configOf(file: Hdf5File): unknown {
  const text = file.text('', 'model_config');
  if (text === undefined) {
    const weightsOnly = file.has('model_weights') || file.texts('', 'layer_names') || file.has('layers');
    throw new ConversionError(
      weightsOnly
        ? 'The file holds weights only, without the model they belong to: save it with model.save(), not model.save_weights().'
        : 'The HDF5 file holds no Keras model: it has no model_config.',
    );
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new ConversionError('The model_config of the HDF5 file is not JSON: the file is damaged.');
  }
}

async function readHdf5(bytes: Uint8Array): Promise<ReadModel> {
  return withFile(bytes, (file) => {
    const model = readConfig(configOf(file));
    const root = file.has('model_weights') ? 'model_weights' : '';
    const version = file.text('', 'keras_version') ?? file.text(root, 'keras_version');
    return readKerasModel({
      model,
      weights: new Hdf5Weights(file, root, model),
      format: 'keras-h5',
      kind: 'HDF5',
      ...(version === undefined ? {} : { kerasVersion: version }),
    });
  });
}

export const kerasReader: Reader = {
  name: 'a Keras file',
  recognizes: (files) => archiveOf(files) !== undefined || hdf5Of(files) !== undefined,
  read(files) {
    const archive = archiveOf(files);
    if (archive) return readKeras(archive);
    return readHdf5(hdf5Of(files) as Uint8Array);
  },
};
