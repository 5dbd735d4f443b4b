import { refusal } from '../../../helpers/hostile-files.js';
import { changed, type Json, node, weight } from '../../../helpers/hostile-graph.js';

describe('graphs of TensorFlow.js', () => {
  const STRUCTURES: [string, (json: Json) => void, RegExp][] = [
    ['no topology', (copy) => delete copy.modelTopology, /no modelTopology/],
    ['no manifest of weights', (copy) => delete copy.weightsManifest, /no weightsManifest/],
    [
      'a manifest that is an object',
      (copy) => Object.assign(copy, { weightsManifest: {} }),
      /no weightsManifest/,
    ],
    ['groups that are numbers', (copy) => Object.assign(copy, { weightsManifest: [1] }), /must list groups/],
    [
      'weights that are numbers',
      (copy) => Object.assign(copy.weightsManifest[0], { weights: [1] }),
      /not an object/,
    ],
    [
      'ten thousand shards',
      (copy) => Object.assign(copy.weightsManifest[0], { paths: Array(10_000).fill('a') }),
      /more than 4096/,
    ],
    [
      'a shard that is missing',
      (copy) => Object.assign(copy.weightsManifest[0], { paths: ['other.bin'] }),
      /"other.bin".* is missing/,
    ],
    ['no nodes', (copy) => Object.assign(copy.modelTopology, { node: [] }), /no nodes/],
    ['a text for nodes', (copy) => Object.assign(copy.modelTopology, { node: 'x' }), /no nodes/],
    [
      'nodes without names',
      (copy) => Object.assign(copy.modelTopology, { node: [{ op: 'Relu' }] }),
      /without a name/,
    ],
    ['nodes that are null', (copy) => copy.modelTopology.node.push(null), /without a name/],
    [
      'far too many nodes',
      (copy) => Object.assign(copy.modelTopology, { node: Array(200_001).fill({ name: 'a', op: 'b' }) }),
      /200001 nodes/,
    ],
    [
      'a node that needs itself',
      (copy) => Object.assign(node(copy, 'y'), { input: ['y', 'axes'] }),
      /circle at "y"/,
    ],
    [
      'nodes that need each other',
      (copy) => Object.assign(node(copy, 'conv'), { input: ['y', 'kernel', 'bias'] }),
      /circle/,
    ],
    [
      'an input that is not there',
      (copy) => Object.assign(node(copy, 'y'), { input: ['nothing', 'axes'] }),
      /"nothing", which it does not have/,
    ],
    [
      'an output beyond a node’s',
      (copy) => Object.assign(node(copy, 'y'), { input: ['conv:9', 'axes'] }),
      /"conv:9", which no node gives/,
    ],
    ['too few inputs', (copy) => Object.assign(node(copy, 'conv'), { input: ['x'] }), /too few/],
    ['no inputs', (copy) => Object.assign(node(copy, 'y'), { input: [] }), /too few/],
    [
      'an unknown operation',
      (copy) => Object.assign(node(copy, 'y'), { op: 'Explode' }),
      /Explode "y" cannot be converted/,
    ],
    [
      'an operation named like a method',
      (copy) => Object.assign(node(copy, 'y'), { op: 'constructor' }),
      /constructor "y" cannot be converted/,
    ],
    [
      'a constant without weights',
      (copy) => Object.assign(node(copy, 'axes'), { name: 'axis' }),
      /"axes", which it does not have/,
    ],
    [
      'weights under another name',
      (copy) => Object.assign(weight(copy, 'axes'), { name: 'axis' }),
      /weights of the constant "axes" are missing/,
    ],
    [
      'an output that is not there',
      (copy) => Object.assign(copy.signature, { outputs: { z: { name: 'z:0' } } }),
      /"z", which it does not have/,
    ],
    [
      'the same name for input and output',
      (copy) => Object.assign(copy.signature, { outputs: { x: { name: 'y' } } }),
      /have the name "x"/,
    ],
    [
      'an input of a terabyte',
      (copy) => Object.assign(node(copy, 'x').attr.shape.shape, { dim: Array(4).fill({ size: '1000000' }) }),
      /impossible shape/,
    ],
    [
      'an input of unknown rank',
      (copy) => Object.assign(node(copy, 'x').attr.shape, { shape: { unknownRank: true } }),
      /shape of the input "x" is not known/,
    ],
    [
      'an input of texts',
      (copy) => Object.assign(node(copy, 'x').attr, { dtype: { type: 'DT_STRING' } }),
      /"DT_STRING", which cannot be converted/,
    ],
    [
      'strides of zero',
      (copy) => Object.assign(node(copy, 'conv').attr, { strides: { list: { i: ['1', '0', '0', '1'] } } }),
      /its strides are 1,0,0,1/,
    ],
    [
      'huge strides',
      (copy) =>
        Object.assign(node(copy, 'conv').attr, { strides: { list: { i: ['1', '1e9', '1e9', '1'] } } }),
      /its strides are/,
    ],
    [
      'an unknown fused operation',
      (copy) =>
        Object.assign(node(copy, 'conv').attr, {
          fused_ops: { list: { s: [Buffer.from('Boom').toString('base64')] } },
        }),
      /"boom" is fused into it/,
    ],
    [
      'a layers model without layers',
      (copy) => Object.assign(copy, { modelTopology: { class_name: 'Sequential', config: {} } }),
      /no list of layers/,
    ],
    [
      'a layers model of an unknown class',
      (copy) => Object.assign(copy, { modelTopology: { class_name: 'Model', config: {} } }),
      /of the class "Model"/,
    ],
    [
      'a model_config that is no JSON',
      (copy) => Object.assign(copy, { modelTopology: { model_config: '{' } }),
      /model_config of model.json is not JSON/,
    ],
  ];

  test.each(STRUCTURES)('%s', async (_, change, expected) => {
    expect(await refusal(changed(change))).toMatch(expected);
  });
});
