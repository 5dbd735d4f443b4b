import { type Files, refusal } from '../../../helpers/hostile-files.js';
import { ending, ints } from '../../../helpers/hostile-graph.js';

describe('operations of TensorFlow.js', () => {
  const HUGE = ints(100_000, 100_000, 100_000);
  const OPERATIONS: [string, Files, RegExp][] = [
    [
      'Fill of a petabyte',
      ending('Fill', ['dims', 'one'], { dims: HUGE, one: { dims: [], data: [1] } }),
      /impossible shape/,
    ],
    [
      'BroadcastTo a petabyte',
      ending('BroadcastTo', ['one', 'dims'], { dims: HUGE, one: { dims: [], data: [1] } }),
      /impossible shape/,
    ],
    [
      'Tile a million times',
      ending('Tile', ['conv', 'times'], { times: ints(1, 1e6, 1e6, 1) }),
      /impossible shape/,
    ],
    [
      'a resize to 10⁶ × 10⁶',
      ending('ResizeBilinear', ['conv', 'to'], { to: ints(1e6, 1e6) }),
      /impossible shape/,
    ],
    [
      'a resize to nothing',
      ending('ResizeBilinear', ['conv', 'to'], { to: ints(0, 0) }),
      /its size is empty/,
    ],
    [
      'a resize to less than nothing',
      ending('ResizeNearestNeighbor', ['conv', 'to'], { to: ints(-3, 4) }),
      /its size is empty/,
    ],
    [
      'Range to 2³¹',
      ending('Range', ['a', 'b', 'c'], {
        a: { dims: [], data: [0], dtype: 'int32' },
        b: { dims: [], data: [2 ** 31 - 1], dtype: 'int32' },
        c: { dims: [], data: [1], dtype: 'int32' },
      }),
      /counts too far/,
    ],
    [
      'a billion classes',
      ending('OneHot', ['axes', 'depth', 'on', 'off'], {
        depth: { dims: [], data: [1e9], dtype: 'int32' },
        on: { dims: [], data: [1] },
        off: { dims: [], data: [0] },
      }),
      /too many classes/,
    ],
    [
      'padding beyond reason',
      ending('Pad', ['conv', 'pads'], {
        pads: { dims: [4, 2], data: [0, 0, 1e9, 1e9, 0, 0, 0, 0], dtype: 'int32' },
      }),
      /its paddings are/,
    ],
    ['padding of other axes', ending('Pad', ['conv', 'pads'], { pads: ints(1, 1) }), /its paddings are/],
    [
      'negative padding',
      ending('Pad', ['conv', 'pads'], {
        pads: { dims: [4, 2], data: [0, 0, -1, 0, 0, 0, 0, 0], dtype: 'int32' },
      }),
      /its paddings are/,
    ],
    [
      'a split into a billion',
      ending('Split', ['axis', 'conv'], { axis: ints(3) }, { num_split: 1e9 }),
      /cannot be split into/,
    ],
    [
      'a split that does not divide',
      ending('Split', ['axis', 'conv'], { axis: ints(3) }, { num_split: 3 }),
      /4 elements cannot be split into 3/,
    ],
    [
      'parts longer than the whole',
      ending('SplitV', ['conv', 'sizes', 'axis'], { sizes: ints(9, -1), axis: ints(3) }, { num_split: 2 }),
      /longer than the whole/,
    ],
    [
      'a slice with a step of 0',
      ending('StridedSlice', ['conv', 'b', 'b', 's'], { b: ints(0), s: ints(0) }),
      /with a step of 0/,
    ],
    [
      'a slice of more axes than there are',
      ending('StridedSlice', ['conv', 'b', 'b', 'b'], { b: ints(1, 1, 1, 1, 1, 1) }),
      /slices more axes/,
    ],
    ['an axis that is not there', ending('Mean', ['conv', 'axis'], { axis: ints(9) }), /Axis 9 was named/],
    [
      'a negative axis that is not there',
      ending('ConcatV2', ['conv', 'conv', 'axis'], { axis: ints(-9) }),
      /Axis -9 was named/,
    ],
    [
      'axes that are no order',
      ending('Transpose', ['conv', 'perm'], { perm: ints(0, 0, 0, 0) }),
      /it orders axes as 0,0,0,0/,
    ],
    ['axes that are calculated', ending('Transpose', ['conv', 'conv']), /known only while the network runs/],
    [
      'a kernel that is calculated',
      ending('Conv2D', ['conv', 'conv'], {}, { strides: [1, 1, 1, 1] }),
      /its kernel is known only while/,
    ],
    [
      'a kernel of two axes',
      ending('Conv2D', ['conv', 'k'], { k: { dims: [2, 2], data: [1, 1, 1, 1] } }, { strides: [1, 1, 1, 1] }),
      /has not four axes/,
    ],
    [
      'a kernel for other channels',
      ending(
        'Conv2D',
        ['conv', 'k'],
        { k: { dims: [1, 1, 9, 1], data: Array(9).fill(1) } },
        { strides: [1, 1, 1, 1] },
      ),
      /does not fit 4 channels/,
    ],
    [
      'a pool of an enormous window',
      ending('MaxPool', ['conv'], {}, { ksize: [1, 1e9, 1e9, 1], strides: [1, 1, 1, 1] }),
      /its ksize are/,
    ],
    [
      'a transposed convolution of another size',
      ending(
        'Conv2DBackpropInput',
        ['s', 'k', 'conv'],
        { s: ints(1, 999, 999, 1), k: { dims: [1, 1, 1, 4], data: [1, 1, 1, 1] } },
        { strides: [1, 1, 1, 1] },
      ),
      /does not fit its kernel/,
    ],
    [
      'an equation that is none',
      ending('Einsum', ['conv', 'conv'], {}, { equation: '$(reboot)' }),
      /equation cannot be read/,
    ],
    ['a block of 10⁹', ending('DepthToSpace', ['conv'], {}, { block_size: 1e9 }), /its block is/],
    [
      'a loop without its function',
      ending('While', ['conv']),
      /calls a function that the graph does not have/,
    ],
    ['a branch by an image', ending('If', ['conv', 'conv']), /branches by what is known only/],
    ['a merge of two living branches', ending('Merge', ['conv', 'x']), /branches by what is known only/],
  ];

  test.each(OPERATIONS)('%s', async (_, files, expected) => {
    expect(await refusal(files)).toMatch(expected);
  });
});
