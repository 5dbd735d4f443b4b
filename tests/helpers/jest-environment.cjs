/**
 * Node's environment with one difference: typed arrays and buffers are the outer realm's own, because native
 * modules (ONNX Runtime among them) check arguments with the outer realm's constructors.
 */
const { TestEnvironment } = require('jest-environment-node');

const SHARED_CLASSES = [
  'ArrayBuffer',
  'SharedArrayBuffer',
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float16Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
];

module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of SHARED_CLASSES) if (globalThis[name]) this.global[name] = globalThis[name];
  }
};
