/** The building blocks of keras.applications that are not plain chains, small. */
import { Recorder, type Tensor } from './recorder.js';

export type Version = 2 | 3;

/** MobileNetV3: squeeze-and-excite, and hard activations written as operations. */
export function mobileNetV3(): Recorder {
  const k = new Recorder('MobilenetV3small');
  const hardSigmoid = (x: Tensor) => k.operation(k.relu(k.operation(x, 'add', 3), 6), 'multiply', 1 / 6);
  const hardSwish = (x: Tensor) => k.merge('Multiply', [x, hardSigmoid(x)]);
  const squeeze = (x: Tensor) => {
    const channels = x.value.shape[2] as number;
    const pooled = k.globalPool(x, 'Average', true);
    const small = k.relu(k.conv(pooled, 4, 1, { bias: true }));
    return k.merge('Multiply', [x, hardSigmoid(k.conv(small, channels, 1, { bias: true }))]);
  };
  const block = (x: Tensor, wide: number, out: number, strides: number, name: string) => {
    const expanded = hardSwish(k.norm(k.conv(x, wide, 1, { name: `${name}/expand` })));
    const padded =
      strides === 2
        ? k.margins(expanded, 'ZeroPadding2D', [
            [0, 1],
            [0, 1],
          ])
        : expanded;
    const deep = k.depthwise(padded, 3, {
      strides,
      padding: strides === 2 ? 'valid' : 'same',
      name: `${name}/depthwise`,
    });
    const narrow = k.norm(k.conv(squeeze(hardSwish(k.norm(deep))), out, 1, { name: `${name}/project` }));
    return strides === 1 && x.value.shape[2] === out ? k.merge('Add', [x, narrow]) : narrow;
  };
  const input = k.input([24, 24, 3]);
  let x = hardSwish(k.norm(k.conv(k.rescale(input, 1 / 127.5, -1), 8, 3, { strides: 2 })));
  x = block(x, 12, 8, 1, 'expanded_conv');
  x = block(x, 12, 10, 2, 'expanded_conv_1');
  x = hardSwish(k.conv(k.globalPool(x, 'Average', true), 16, 1, { bias: true }));
  x = k.flatten(k.conv(k.nothing(x, 'Dropout', { rate: 0.2 }), 5, 1, { bias: true, name: 'Logits' }));
  k.outputs = [k.activation(x, 'softmax')];
  return k;
}

/** EfficientNet and its V2: preprocessing inside, swish, squeeze-and-excite by Reshape, dropped residuals. */
export function efficientNet(stored: boolean): Recorder {
  const k = new Recorder('efficientnet');
  const input = k.input([20, 20, 3]);
  let x = k.normalize(k.rescale(input, 1 / 255), stored);
  x = k.rescale(x, [1 / Math.sqrt(0.229), 1 / Math.sqrt(0.224), 1 / Math.sqrt(0.225)]);
  x = k.activation(
    k.norm(
      k.conv(
        k.margins(x, 'ZeroPadding2D', [
          [0, 1],
          [0, 1],
        ]),
        8,
        3,
        { strides: 2, padding: 'valid' },
      ),
    ),
    'swish',
  );
  const wide = k.activation(k.norm(k.depthwise(k.activation(k.norm(k.conv(x, 16, 1)), 'swish'), 5)), 'swish');
  const small = k.conv(k.reshape(k.globalPool(wide), [1, 1, 16]), 4, 1, { bias: true, activation: 'swish' });
  const excited = k.merge('Multiply', [wide, k.conv(small, 16, 1, { bias: true, activation: 'sigmoid' })]);
  const narrow = k.nothing(k.norm(k.conv(excited, 8, 1)), 'Dropout', {
    rate: 0.1,
    noise_shape: [null, 1, 1, 1],
  });
  x = k.merge('Add', [narrow, x]);
  k.outputs = [k.dense(k.globalPool(x), 4, 'softmax', 'predictions')];
  return k;
}

/** ConvNeXt: stems as Sequential models, layer normalisation, dense layers on images, LayerScale, StochasticDepth. */
export function convNeXt(): Recorder {
  const k = new Recorder('convnext_tiny');
  const stage = (name: string, x: Tensor, build: (inner: Recorder, x: Tensor) => Tensor) => {
    const inner = new Recorder(name, name.length);
    inner.sequential = true;
    inner.outputs = [build(inner, inner.input(x.value.shape, `${name}_input`))];
    return k.nest(inner, x);
  };
  const block = (x: Tensor) => {
    const channels = x.value.shape[2] as number;
    const normal = k.layerNorm(k.conv(x, channels, 7, { groups: channels, bias: true }));
    const wide = k.activation(k.dense(normal, 4 * channels), 'gelu');
    const scaled = k.layerScale(k.dense(wide, channels));
    return k.operationOf('add', x, k.nothing(scaled, 'StochasticDepth', { drop_path_rate: 0.1 }));
  };
  const input = k.input([24, 24, 3]);
  let x = k.normalize(input, true);
  x = stage('stem', x, (inner, y) =>
    inner.layerNorm(inner.conv(y, 6, 4, { strides: 4, padding: 'valid', bias: true })),
  );
  x = block(block(x));
  x = stage('downsampling_block', x, (inner, y) =>
    inner.conv(inner.layerNorm(y), 8, 2, { strides: 2, padding: 'valid', bias: true }),
  );
  x = block(x);
  k.outputs = [k.dense(k.layerNorm(k.globalPool(x)), 4, 'linear', 'head')];
  return k;
}

/** NASNet: cells that adjust what came two cells before, with shifted pooling, and join five branches. */
export function nasNet(): Recorder {
  const k = new Recorder('NASNet');
  const bn = (x: Tensor) => k.norm(x, { axis: -1 });
  const separable = (x: Tensor, filters: number, size: number, strides = 1) => {
    const padded =
      strides === 2
        ? k.margins(k.activation(x, 'relu'), 'ZeroPadding2D', [
            [1, 1],
            [1, 1],
          ])
        : k.activation(x, 'relu');
    const first = bn(
      k.separable(padded, filters, size, { strides, padding: strides === 2 ? 'valid' : 'same' }),
    );
    return bn(k.separable(k.activation(first, 'relu'), filters, size));
  };
  const adjust = (p: Tensor, filters: number) => {
    const x = k.activation(p, 'relu');
    const one = k.conv(k.pool(x, 'Average', 1, 2), filters / 2, 1);
    const moved = k.margins(
      k.margins(x, 'ZeroPadding2D', [
        [0, 1],
        [0, 1],
      ]),
      'Cropping2D',
      [
        [1, 0],
        [1, 0],
      ],
    );
    return bn(k.concat([one, k.conv(k.pool(moved, 'Average', 1, 2), filters / 2, 1)]));
  };
  const before = bn(k.conv(k.input([17, 17, 3]), 4, 3, { strides: 2, padding: 'valid' }));
  const reduced = k.pool(
    k.margins(before, 'ZeroPadding2D', [
      [1, 1],
      [1, 1],
    ]),
    'Max',
    3,
    2,
  );
  const now = k.concat([reduced, separable(before, 4, 3, 2)]);
  const p = adjust(before, 4);
  const h = bn(k.conv(k.activation(now, 'relu'), 4, 1));
  const parts = [
    k.merge('Add', [separable(h, 4, 5), separable(p, 4, 3)]),
    k.merge('Add', [k.pool(h, 'Average', 3, 1, 'same'), p]),
    k.merge('Add', [k.pool(p, 'Average', 3, 1, 'same'), k.pool(p, 'Max', 3, 1, 'same')]),
    separable(h, 4, 3),
  ];
  const joined = k.activation(k.concat([p, ...parts]), 'relu');
  k.outputs = [k.dense(k.globalPool(joined), 4, 'softmax', 'predictions')];
  return k;
}

/** Inception and Inception-ResNet: branches with long kernels, pooling by `same`, scaled sums. */
export function inceptionResNet(version: Version): Recorder {
  const k = new Recorder('inception_resnet_v2');
  const unit = (x: Tensor, filters: number, size: number | readonly [number, number], strides = 1) =>
    k.activation(
      k.norm(k.conv(x, filters, size, { strides, padding: strides === 2 ? 'valid' : 'same' }), {
        scale: false,
      }),
      'relu',
    );
  let x = unit(k.input([21, 21, 3]), 6, 3, 2);
  const branches = [
    unit(x, 4, 1),
    unit(unit(x, 3, 1), 4, [1, 7]),
    unit(unit(x, 3, [7, 1]), 4, 3),
    unit(k.pool(x, 'Average', 3, 1, 'same'), 3, 1),
  ];
  const up = k.conv(k.concat(branches), 6, 1, { bias: true });
  x = k.activation(k.addScaled(x, up, 0.17, version, 'block35_1'), 'relu');
  x = k.concat([unit(x, 4, 3, 2), k.pool(x, 'Max', 3, 2)]);
  k.outputs = [k.dense(k.globalPool(x), 4, 'softmax', 'predictions')];
  return k;
}

/** Xception and ResNetV2: separable convolutions, residuals by strided convolutions, activation before convolution. */
export function xception(): Recorder {
  const k = new Recorder('xception');
  const input = k.input([19, 23, 3]);
  const x = k.activation(k.norm(k.conv(input, 6, 3, { strides: 2, padding: 'valid' })), 'relu');
  const residual = k.norm(k.conv(x, 8, 1, { strides: 2 }));
  const first = k.norm(k.separable(k.activation(k.norm(k.separable(x, 8, 3)), 'relu'), 8, 3));
  const joined = k.merge('Add', [k.pool(first, 'Max', 3, 2, 'same'), residual]);
  const before = k.activation(k.norm(joined, { epsilon: 1.001e-5 }), 'relu');
  const bottleneck = k.conv(
    k.margins(k.conv(before, 4, 1), 'ZeroPadding2D', [
      [1, 1],
      [1, 1],
    ]),
    8,
    3,
    { padding: 'valid', bias: true },
  );
  k.outputs = [k.dense(k.globalPool(k.merge('Add', [joined, bottleneck])), 4, 'softmax', 'predictions')];
  return k;
}
