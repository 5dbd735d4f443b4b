/** Which of the files that a person gives as a model is the network, and what it may be called. */
import { mainFile, modelForm, suggestedName } from '../../../api/web/src/models/model-files.js';

const files = (...names: string[]) => names.map((name) => new File(['x'], name));

it.each([
  [['labels.txt', 'My Leaves v2.onnx'], 'My Leaves v2.onnx', 'my-leaves-v2'],
  [['model.json', 'group1-shard1of1.bin'], 'model.json', ''],
  [['metadata.json', 'weights.bin', 'model.json'], 'model.json', ''],
  [['coco.names', 'yolov4-tiny.weights', 'yolov4-tiny.cfg'], 'yolov4-tiny.cfg', 'yolov4-tiny'],
  [['leaves.zip'], 'leaves.zip', ''],
  [['__secret.h5'], '__secret.h5', 'secret'],
  [['labels.txt'], undefined, ''],
])('%j', (names, main, name) => {
  const given = files(...names);
  expect(mainFile(given)?.name).toBe(main);
  expect(suggestedName(given)).toBe(name);
});

it('the form has the network first, no label, and a lone text file as the labels', () => {
  const form = modelForm(files('classes of leaves.txt', 'net.onnx'), 'leaves');
  expect(form.get('label')).toBe('none');
  expect(form.getAll('file').map((file) => (file as File).name)).toEqual(['net.onnx', 'labels.txt']);
  expect(modelForm(files('net.zip'), '').has('name')).toBe(false);
});
