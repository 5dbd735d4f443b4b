import { manifestSchema } from '@scry/shared/contracts/manifest';
import {
  defaultParameters,
  outputManifestSchema,
  parametersSchema,
  TASKS,
  taskSpec,
  unsureBelow,
} from '@scry/shared/tasks/registry';

const formatsOfSchema = outputManifestSchema.options.map((option) => option.shape.format.value);

describe('the tasks', () => {
  it('share out all formats of a manifest among them, each to one task', () => {
    const ofTasks = TASKS.flatMap((task) => taskSpec(task).formats);
    expect([...ofTasks].sort()).toEqual([...formatsOfSchema].sort());
  });

  it.each(TASKS)('%s has a default for each parameter that is a number', (task) => {
    const { formats, parameters } = taskSpec(task);
    const [format] = formats;
    const output = outputManifestSchema.parse(format === 'boxes' ? { format: 'ssd' } : { format });
    const named = Object.keys(defaultParameters(task, output));
    const numbers = parameters.filter((name) => parametersSchema.shape[name].safeParse(1).success);
    const semantic = new Set(format === 'semantic' ? ['iou', 'max_detections'] : []);
    expect(named.sort()).toEqual(numbers.filter((name) => !semantic.has(name)).sort());
  });

  it('leave no default hidden: what a detector leaves out is told', () => {
    const output = outputManifestSchema.parse({ format: 'yolov8' });
    expect(defaultParameters('detection', output)).toEqual({
      threshold: 0.25,
      iou: 0.45,
      max_detections: 100,
    });
  });

  it('say from how many classes an answer says little, unless the manifest does', () => {
    const plain = outputManifestSchema.parse({ format: 'probabilities' });
    expect([2, 10, 100, 1000].map((classes) => unsureBelow('classification', plain, classes))).toEqual([
      0.6, 0.5, 0.5, 0.3,
    ]);
    const own = outputManifestSchema.parse({ format: 'logits', unsure_below: 0.8 });
    expect(unsureBelow('classification', own, 10)).toBe(0.8);
    expect(unsureBelow('detection', outputManifestSchema.parse({ format: 'yolov8' }), 10)).toBeNull();
  });

  it('say what was found in a few words', () => {
    const answer = (class_name: string) => ({ class_index: 0, class_name, confidence: 0.9 });
    const found = { predictions: ['dog', 'cat', 'cat', 'bird', 'fish'].map(answer) };
    expect(taskSpec('classification').summary(found)).toBe('dog');
    expect(taskSpec('detection').summary(found)).toBe('2 cat, dog, bird, …');
    expect(taskSpec('segmentation').summary({ predictions: [] })).toBeNull();
  });

  it('refuse a format of another task, naming their own', () => {
    const parsed = manifestSchema.safeParse({
      name: 'm',
      task: 'segmentation',
      engine: 'onnx',
      file: 'model.onnx',
      labels: ['a'],
      output: { format: 'yolov8' },
    });
    expect(parsed.error?.issues[0]?.message).toBe(
      'format "yolov8" does not fit task "segmentation", which has semantic, yolov8-seg, yolov5-seg',
    );
  });
});
