import { convert } from '@scry/onnx/convert';
import { bytes, type Files, refusal } from '../../../helpers/hostile-files.js';

const CFG = `[net]
width=16
height=16
channels=3

[convolutional]
batch_normalize=1
filters=8
size=3
stride=2
pad=1
activation=leaky

[convolutional]
filters=18
size=1
activation=linear

[yolo]
mask=0,1,2
anchors=2,3, 4,5, 6,7
classes=1
num=3
`;

function darknet(cfg: string, values = 8 * 4 + 8 * 27 + 18 + 18 * 8): Files {
  const weights = new Uint8Array(20 + values * 4);
  weights[4] = 2; // version 0.2
  return new Map([
    ['model.cfg', bytes(cfg)],
    ['model.weights', weights],
  ]);
}

describe('darknet', () => {
  test('the network that is damaged below is whole', async () => {
    const { report } = await convert(darknet(CFG));
    expect(report).toMatchObject({
      notes: [],
      outputs: [{ shape: ['batch', 192, 6] }],
      detection: { classes: 1 },
    });
  });

  test.each(Array.from({ length: 16 }, (_, part) => part * 3))(
    'the .cfg cut off after %i bytes',
    async (length) => {
      await refusal(darknet(CFG.slice(0, length)));
    },
  );

  test.each(Array.from({ length: 20 }, (_, part) => Math.floor((1612 * part) / 20)))(
    'the .weights cut off after %i bytes',
    async (length) => {
      const whole = darknet(CFG).get('model.weights') as Uint8Array;
      const files = darknet(CFG).set('model.weights', whole.slice(0, length));
      expect(await refusal(files)).toMatch(/^The \.weights file (ends in layer|is too short)/);
    },
  );

  const LIES: [string, string, string, RegExp][] = [
    ['a width of nothing', 'width=16', 'width=0', /width=0 must be/],
    ['a negative height', 'height=16', 'height=-16', /height=-16 must be/],
    ['a width of a million', 'width=16', 'width=1000000', /width=1000000 must be/],
    ['a width that is a word', 'width=16', 'width=wide', /width="wide" is not a number/],
    ['infinite filters', 'filters=8', 'filters=Infinity', /is not a number/],
    ['a billion filters', 'filters=8', 'filters=1000000000', /filters=1000000000 must be/],
    ['as many filters as may be', 'filters=8', 'filters=65536', /needs \d+ numbers of which/],
    ['no filters', 'filters=8', 'filters=0', /filters=0 must be/],
    ['a kernel of 1,000', 'size=3', 'size=1000', /size=1000 must be/],
    ['a stride of 0', 'stride=2', 'stride=0', /stride=0 must be/],
    ['a negative stride', 'stride=2', 'stride=-2', /stride=-2 must be/],
    ['groups that do not divide', 'stride=2', 'stride=2\ngroups=5', /cannot be split into 5 groups/],
    [
      'an unknown activation',
      'activation=leaky',
      'activation=explode',
      /activation "explode" cannot be converted/,
    ],
    [
      'an activation named like a method',
      'activation=leaky',
      'activation=constructor',
      /"constructor" cannot be converted/,
    ],
    ['binary weights', 'stride=2', 'stride=2\nbinary=1', /binary=1 cannot be converted/],
    [
      'other classes than channels',
      'classes=1',
      'classes=80',
      /3 × \(5 \+ 80\) = 255 channels, but the layer before it has 18/,
    ],
    ['a mask beyond the anchors', 'mask=0,1,2', 'mask=0,1,9', /mask names anchor 9/],
    ['anchors that are words', 'anchors=2,3', 'anchors=two,3', /holds "two", which is not a number/],
    ['no anchors', 'anchors=2,3, 4,5, 6,7', 'num=3', /mask names anchor 0, but there are 0/],
    ['an unknown layer', '[yolo]', '[transformer]', /layer 2 \[transformer\] cannot be converted/],
    ['a layer named like a method', '[yolo]', '[constructor]', /cannot be converted/],
    ['a line that is nothing', 'num=3', 'num=3\nhello', /"hello", which is neither/],
    ['no [net]', '[net]', '[network2]', /does not begin with \[net\]/],
    ['options before any section', '[net]', 'a=1\n[net]', /does not begin with a section/],
    [
      'a route to itself',
      '[yolo]',
      '[route]\nlayers=2\n[yolo]',
      /layer 2 is named, which is not an earlier layer/,
    ],
    ['a route to the future', '[yolo]', '[route]\nlayers=9\n[yolo]', /layer 9 is named/],
    ['a route before the first', '[yolo]', '[route]\nlayers=-9\n[yolo]', /layer -9 is named/],
    ['a route to nothing', '[yolo]', '[route]\n[yolo]', /layers= is missing/],
    [
      'a route of different sizes',
      '[yolo]',
      '[maxpool]\nsize=2\nstride=2\n[route]\nlayers=-1,-2\n[yolo]',
      /different sizes cannot be joined/,
    ],
    ['a shortcut without a source', '[yolo]', '[shortcut]\n[yolo]', /from= is missing/],
    [
      'a shortcut of different sizes',
      '[yolo]',
      '[upsample]\nstride=2\n[shortcut]\nfrom=0\n[yolo]',
      /different sizes cannot be added/,
    ],
    [
      'a pool larger than the image',
      '[yolo]',
      '[maxpool]\nsize=99\npadding=0\nstride=1\n[yolo]',
      /would be (empty|impossibly large or empty)/,
    ],
    [
      'a pool padded beyond its window',
      '[yolo]',
      '[maxpool]\nsize=2\npadding=99\n[yolo]',
      /is too much for size=2/,
    ],
    ['upsampling without end', '[yolo]', `${'[upsample]\nstride=64\n'.repeat(9)}[yolo]`, /impossibly large/],
    [
      'channels without end',
      '[yolo]',
      `${'[route]\nlayers=-1,-1,-1,-1\n'.repeat(40)}[yolo]`,
      /impossibly large/,
    ],
    ['a reorg that does not divide', '[yolo]', '[reorg]\nstride=5\n[yolo]', /cannot be divided by stride 5/],
    ['five thousand layers', '[yolo]', `${'[dropout]\n'.repeat(5000)}[yolo]`, /names 500\d layers/],
  ];

  test.each(LIES)('%s', async (_, what, instead, expected) => {
    expect(CFG).toContain(what);
    expect(await refusal(darknet(CFG.replace(what, instead)))).toMatch(expected);
  });

  test('a header that is not one of darknet, an empty file, one of the two missing', async () => {
    const files = darknet(CFG);
    const junk = new Uint8Array(2000).fill(0xff);
    expect(await refusal(new Map(files).set('model.weights', junk))).toMatch(/its version cannot be read/);
    expect(await refusal(new Map(files).set('model.weights', new Uint8Array(0)))).toMatch(/too short/);
    expect(await refusal(new Map([...files].slice(0, 1)))).toMatch(/the \.weights file is missing/);
    expect(await refusal(new Map([...files].slice(1)))).toMatch(/the \.cfg file is missing/);
    expect(await refusal(new Map(files).set('model.cfg', junk))).toMatch(/\.cfg file/);
    expect(await refusal(new Map(files).set('model.cfg', new Uint8Array(5 * 2 ** 20)))).toMatch(/too large/);
  });
});
