import {
  newTrainingSchema,
  trainingSettingsSchema,
  withMethodDefaults,
} from '@scry/shared/contracts/training';

const settings = (given: object) => withMethodDefaults(trainingSettingsSchema.parse(given));

it('what is left out follows from the method', () => {
  expect(settings({ method: 'fine-tune' })).toMatchObject({
    epochs: 10,
    optimizer: 'adamw',
    learning_rate: 0.002,
    schedule: 'one-cycle',
    batch_normalization: 'frozen',
  });
  expect(settings({ method: 'scratch', optimizer: 'sgd' })).toMatchObject({
    epochs: 20,
    learning_rate: 0.01,
    schedule: 'constant',
    batch_normalization: 'train',
    input_size: 64,
  });
});

it('what is said is kept', () => {
  expect(settings({ method: 'fine-tune', epochs: 3, learning_rate: 0.5 })).toMatchObject({
    epochs: 3,
    learning_rate: 0.5,
  });
});

it.each([
  ['epochs', 0],
  ['batch_size', 1],
  ['validation_split', 0.9],
  ['learning_rate', 0],
  ['method', 'magic'],
  ['network', 'huge'],
  ['name', 'Not A Name'],
  ['label', 'No Label'],
])('%s may not be %p', (field, value) => {
  const request = { dataset: '0'.repeat(26), name: 'leaves' };
  expect(newTrainingSchema.safeParse(request).success).toBe(true);
  expect(newTrainingSchema.safeParse({ ...request, [field]: value }).success).toBe(false);
});
