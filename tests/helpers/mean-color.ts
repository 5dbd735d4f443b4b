/**
 * The same tiny network in every form that an engine reads: the mean of each channel, as the probability of a class.
 * A red image is "red", so wrong channels, layouts and batches show in the answer.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loadModel, type Model } from '@scry/shared/models/model-folders';
import { onnxFile } from './onnx-file.js';

export const SIDE = 4;
export const FORMS = [
  'onnx, nchw',
  'onnx, nhwc',
  'tfjs layers',
  'tfjs graph',
  'tfjs-like onnx, uint8',
] as const;
export type Form = (typeof FORMS)[number];

/** A number fixes the batch in the file; null leaves it free. */
type Batch = number | null;

function onnxBytes(layout: 'nchw' | 'nhwc', batch: Batch, type: 'float32' | 'uint8'): Uint8Array {
  const first = batch ?? 'batch';
  const dims = layout === 'nchw' ? [first, 3, SIDE, SIDE] : [first, SIDE, SIDE, 3];
  const axes = layout === 'nchw' ? [2, 3] : [1, 2];
  const cast = type === 'uint8';
  return onnxFile({
    inputs: [{ name: 'image', dims, type }],
    nodes: [
      ...(cast
        ? [
            { op: 'Cast', inputs: ['image'], outputs: ['levels'], attributes: { to: 1 } },
            { op: 'Div', inputs: ['levels', 'most'], outputs: ['scaled'] },
          ]
        : []),
      {
        op: 'ReduceMean',
        inputs: [cast ? 'scaled' : 'image'],
        outputs: ['scores'],
        attributes: { axes, keepdims: 0 },
      },
    ],
    outputs: [{ name: 'scores', dims: [first, 3] }],
    ...(cast && { constants: { most: { dims: [], data: [255] } } }),
  });
}

const layersModel = (batch: Batch) => ({
  format: 'layers-model',
  modelTopology: {
    model_config: {
      class_name: 'Sequential',
      config: {
        name: 'example',
        layers: [
          {
            class_name: 'GlobalAveragePooling2D',
            config: {
              name: 'scores',
              trainable: true,
              batch_input_shape: [batch, SIDE, SIDE, 3],
              dtype: 'float32',
              data_format: 'channels_last',
            },
          },
        ],
      },
    },
  },
  weightsManifest: [{ paths: [], weights: [] }],
});

const graphModel = (batch: Batch) => {
  const shape = { dim: [batch ?? -1, SIDE, SIDE, 3].map((size) => ({ size: String(size) })) };
  const float = { type: 'DT_FLOAT' };
  const info = (name: string, dims: (number | null)[]) => ({
    name: `${name}:0`,
    dtype: 'DT_FLOAT',
    tensorShape: { dim: dims.map((size) => ({ size: String(size ?? -1) })) },
  });
  return {
    format: 'graph-model',
    signature: {
      inputs: { image: info('image', [batch, SIDE, SIDE, 3]) },
      outputs: { scores: info('scores', [batch, 3]) },
    },
    modelTopology: {
      node: [
        { name: 'image', op: 'Placeholder', attr: { dtype: float, shape: { shape } } },
        {
          name: 'axes',
          op: 'Const',
          attr: {
            dtype: { type: 'DT_INT32' },
            value: { tensor: { dtype: 'DT_INT32', tensorShape: { dim: [{ size: '2' }] } } },
          },
        },
        {
          name: 'scores',
          op: 'Mean',
          input: ['image', 'axes'],
          attr: { keep_dims: { b: false }, T: float, Tidx: { type: 'DT_INT32' } },
        },
      ],
      versions: { producer: 1 },
    },
    weightsManifest: [{ paths: ['axes.bin'], weights: [{ name: 'axes', shape: [2], dtype: 'int32' }] }],
  };
};

async function writeWeights(folder: string, form: Form, batch: Batch): Promise<string> {
  if (form.startsWith('tfjs ')) {
    const json = form === 'tfjs graph' ? graphModel(batch) : layersModel(batch);
    await writeFile(path.join(folder, 'model.json'), JSON.stringify(json));
    await writeFile(path.join(folder, 'axes.bin'), Buffer.from(Int32Array.of(1, 2).buffer));
    return 'model.json';
  }
  const uint8 = form.endsWith('uint8');
  const layout = form === 'onnx, nchw' ? 'nchw' : 'nhwc';
  await writeFile(path.join(folder, 'model.onnx'), onnxBytes(layout, batch, uint8 ? 'uint8' : 'float32'));
  return 'model.onnx';
}

/**
 * Writes the network and a manifest, and reads them back.
 * @param parts of the manifest, in place of what fits
 */
export async function writeMeanColor(
  parent: string,
  form: Form,
  parts: Record<string, unknown> = {},
  batch: Batch = null,
): Promise<Model> {
  const name = `mean-${form.replace(/[^a-z0-9]+/g, '-')}`;
  const folder = path.join(parent, name);
  await mkdir(folder, { recursive: true });
  const manifest = {
    name,
    task: 'classification',
    engine: form.startsWith('tfjs ') ? 'tfjs' : 'onnx',
    file: await writeWeights(folder, form, batch),
    labels: ['red', 'green', 'blue'],
    output: { format: 'probabilities', name: 'scores' },
    batch: { max: 4 },
    ...parts,
  };
  await writeFile(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
  return loadModel(folder);
}

/** An image of one color, as `ImageReader` gives it. */
export function plain(red: number, green: number, blue: number) {
  const pixels = new Uint8Array(SIDE * SIDE * 3);
  for (let at = 0; at < pixels.length; at += 3) pixels.set([red, green, blue], at);
  return { pixels, geometry: { x: 0, y: 0, width: SIDE, height: SIDE }, parameters: { all_classes: true } };
}
