// Prints how fast each form of a convolution's kernel gradient is on this machine, in GFLOP per CPU second (medians).
// The table in onnx/src/gradients/rules/kernel-gradient.ts comes from here. Usage: node scripts/gradient-forms.mjs
import { Ops } from '@scry/onnx/gradients/ops';
import { kernelGradient, kernelGradientForm } from '@scry/onnx/gradients/rules/kernel-gradient';
import { GraphBuilder } from '@scry/onnx/graph/builder';
import * as ort from 'onnxruntime-node';

const FORMS = ['offsets', 'columns', 'channelsLast', 'swapped'];
/** Batch, channels, outputs, kernel, stride, padding, size. */
const SHAPES = [
  [32, 3, 16, 3, 1, 0, 64],
  [32, 16, 32, 3, 1, 0, 31],
  [32, 24, 24, 3, 1, 1, 32],
  [32, 48, 48, 3, 1, 1, 16],
  [32, 96, 96, 3, 1, 1, 8],
  [32, 24, 48, 3, 2, 1, 32],
  [8, 64, 64, 3, 1, 1, 56],
  [8, 256, 256, 3, 1, 1, 14],
  [8, 64, 256, 1, 1, 0, 56],
  [8, 3, 32, 3, 2, 1, 224],
  [8, 3, 64, 7, 2, 3, 224],
];

function random(dims) {
  const values = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => Math.random() - 0.5);
  return new ort.Tensor('float32', values, dims);
}

async function milliseconds(model, feeds) {
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const times = [];
  for (let run = 0; run < 12; run += 1) {
    const before = process.cpuUsage();
    await session.run(feeds);
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
  }
  await session.release();
  return times.sort((a, b) => a - b)[times.length >> 1];
}

for (const [batch, channels, outputs, kernel, stride, pad, size] of SHAPES) {
  const small = Math.floor((size + 2 * pad - kernel) / stride) + 1;
  const twice = (value) => [value, value];
  const geometry = {
    kernel: twice(kernel),
    strides: twice(stride),
    dilations: [1, 1],
    before: twice(pad),
    after: twice(pad),
    large: twice(size),
    small: twice(small),
    group: 1,
  };
  const dims = { x: [batch, channels, size, size], dy: [batch, outputs, small, small] };
  const operations = (2 * batch * channels * outputs * kernel ** 2 * small ** 2) / 1e6;
  const row = [];
  for (const form of FORMS) {
    const builder = new GraphBuilder();
    const x = builder.input('x', 'float32', ['batch', ...dims.x.slice(1)]);
    const dy = builder.input('dy', 'float32', ['batch', ...dims.dy.slice(1)]);
    builder.output(kernelGradient({ ops: new Ops(builder), x, dy, channels, outputs, geometry }, form), 'dw');
    const time = await milliseconds(builder.build(), { x: random(dims.x), dy: random(dims.dy) });
    row.push(`${form} ${(operations / time).toFixed(0)}`);
  }
  const chosen = kernelGradientForm(channels, outputs, geometry);
  console.log(
    `${kernel}×${kernel} stride ${stride}, ${channels}→${outputs}, ${size}²: ${row.join(', ')}; chosen ${chosen}`,
  );
}
