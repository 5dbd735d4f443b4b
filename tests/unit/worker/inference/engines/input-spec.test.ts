import { resolveInput } from '@scry/worker/inference/engines/input-spec';
import { makeModel } from '../../../../helpers/task-model.js';

const resolve = (
  input: object,
  dims: (number | null)[],
  type: 'float32' | 'uint8' = 'float32',
  engine = 'onnx',
) => resolveInput(makeModel({ input, engine }), { name: 'image', dims, type });

describe('bringing manifest and model file together', () => {
  it('reads size and layout from the file when the manifest leaves them out', () => {
    expect(resolve({}, [null, 3, 240, 320])).toMatchObject({ width: 320, height: 240, layout: 'nchw' });
    expect(resolve({}, [null, 240, 320, 3])).toMatchObject({ width: 320, height: 240, layout: 'nhwc' });
  });

  it('takes the size from the manifest when the file leaves it free', () => {
    expect(resolve({ width: 64, height: 32 }, [null, 3, null, null])).toMatchObject({
      width: 64,
      height: 32,
    });
  });

  it('assumes the layout that an engine usually has when the file does not tell', () => {
    const size = { width: 8, height: 8 };
    expect(resolve(size, [null, null, null, null])).toMatchObject({ layout: 'nchw' });
    expect(resolve(size, [null, null, null, null], 'float32', 'tfjs')).toMatchObject({ layout: 'nhwc' });
  });

  it('knows a fixed batch, a free one, and none at all', () => {
    expect(resolve({}, [4, 3, 8, 8])).toMatchObject({ fixedBatch: 4, batched: true });
    expect(resolve({}, [null, 3, 8, 8])).toMatchObject({ fixedBatch: null, batched: true });
    expect(resolve({}, [3, 8, 8])).toMatchObject({ fixedBatch: 1, batched: false });
  });

  it('reads the type from the file', () => {
    expect(resolve({}, [null, 8, 8, 3], 'uint8')).toMatchObject({ type: 'uint8' });
  });

  it.each([
    ['another width', { width: 64 }, [null, 3, 32, 32], 'input.width: 64 is not 32'],
    ['another height', { height: 64 }, [null, 3, 32, 32], 'input.height: 64 is not 32'],
    ['no width anywhere', {}, [null, 3, null, null], 'input.width: must be given'],
    [
      'colors for a gray model',
      { layout: 'nchw' },
      [null, 1, 8, 8],
      'input.channels: "rgb" in layout "nchw" is 3, not 1',
    ],
    [
      'gray for a color model',
      { channels: 'gray' },
      [null, 3, 8, 8],
      'input.channels: "gray" in layout "nchw" is 1, not 3',
    ],
    [
      'the other layout',
      { layout: 'nhwc' },
      [null, 3, 8, 8],
      'input.channels: "rgb" in layout "nhwc" is 3, not 8',
    ],
    ['another type', { type: 'uint8' }, [null, 3, 8, 8], 'input.type: "uint8", but the file says float32'],
    ['no image', {}, [null, 96], 'input.name: an image needs 4 dimensions'],
  ])('says what is wrong with %s', (_name, input, dims, message) => {
    expect(() => resolve(input, dims)).toThrow(`/models/example/manifest.json: ${message}`);
    expect(() => resolve(input, dims)).toThrow('input "image" of model.onnx is [');
  });
});
