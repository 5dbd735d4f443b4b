/**
 * Trainings as clients see them: a data set and settings that become a version of a model.
 *
 *     queued ──▶ preparing ──▶ training ──▶ succeeded | failed
 *        └────────────┴────────────┴──────▶ canceled
 */
import { ulid } from 'ulid';
import { z } from 'zod';
import { MODEL_NAME } from './manifest.js';
import { CANARY, LABEL_NAME, STABLE } from './version.js';

export const METHODS = ['head', 'fine-tune', 'scratch'] as const;
export type Method = (typeof METHODS)[number];

export const TRAINING_STATES = [
  'queued',
  'preparing',
  'training',
  'succeeded',
  'failed',
  'canceled',
] as const;
export type TrainingState = (typeof TRAINING_STATES)[number];

export const NETWORKS = ['small', 'medium', 'residual'] as const;

export const TRAINING_ID = /^[0-9A-HJKMNP-TV-Z]{26}$/;
export const newTrainingId = (): string => ulid();

/** Whether nothing more happens to it. */
export function hasEnded(state: TrainingState): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'canceled';
}

const share = z.number().min(0).max(0.95);
const choice = (what: string) => z.boolean().default(false).describe(what);

export const augmentSchema = z
  .strictObject({
    flip: choice('Mirror half of the images left to right.'),
    crop: choice('Cut a part of at least 80 % of each side out.'),
    rotate: choice('Turn by up to 15 degrees.'),
    color: choice('Change brightness and contrast by up to 20 %.'),
    erase: choice('Gray out a rectangle in half of the images.'),
  })
  .meta({ id: 'Augmentation', description: 'New random changes of each image in each epoch.' });
export type Augmentation = z.infer<typeof augmentSchema>;

/** What a training is made with, besides its data set. */
const settingFields = {
  method: z
    .enum(METHODS)
    .default('head')
    .describe(
      'head: a new last layer on a base model; fine-tune: its last blocks or all of it as well; scratch: a network of its own.',
    ),
  base: z
    .string()
    .max(120)
    .optional()
    .describe('head and fine-tune: the model to build on, as `name`, `name@version` or `name@label`.'),
  blocks: z
    .union([z.literal('all'), z.int().min(1).max(1000)])
    .default('all')
    .describe('fine-tune: how many of the last layers with weights are trained.'),
  batch_normalization: z
    .enum(['frozen', 'train'])
    .optional()
    .describe('fine-tune: frozen unless said; scratch: train.'),
  network: z
    .union([z.enum(NETWORKS), z.record(z.string(), z.unknown())])
    .default('small')
    .describe('scratch: a preset, or layers as `model.to_json()` of Keras gives them.'),
  epochs: z.int().min(1).max(1000).optional().describe('fine-tune: 10 unless said; scratch: 20.'),
  batch_size: z.int().min(2).max(512).default(32),
  optimizer: z
    .enum(['adam', 'adamw', 'sgd'])
    .optional()
    .describe('fine-tune: adamw unless said; scratch: adam. sgd has a momentum of 0.9.'),
  learning_rate: z
    .number()
    .positive()
    .max(10)
    .optional()
    .describe('fine-tune: 0.002 unless said; scratch: 0.001, with sgd 0.01.'),
  schedule: z
    .enum(['constant', 'cosine', 'one-cycle'])
    .optional()
    .describe('How the learning rate changes. fine-tune: one-cycle unless said; scratch: constant.'),
  weight_decay: z.number().min(0).max(1).default(0.01).describe('adamw and sgd.'),
  l2: z
    .number()
    .positive()
    .max(1e6)
    .default(1)
    .describe('head: strength of the L2 penalty, as the inverse of C in scikit-learn.'),
  views: z
    .int()
    .min(1)
    .max(20)
    .default(4)
    .describe(
      'head: embeddings per image learned from: as it is, and changed by `augment` (unless said: crop, rotate and color).',
    ),
  hidden: z
    .int()
    .min(0)
    .max(4096)
    .default(0)
    .describe('head: units of a hidden layer with Relu before the last one; 0: none.'),
  refit: z
    .boolean()
    .default(true)
    .describe('head: after it was measured, fit once more on all images, those of the validation included.'),
  warm_start: z
    .boolean()
    .default(false)
    .describe('fine-tune: begin with the last layer that the method head would give.'),
  iterations: z.int().min(1).max(5000).default(200).describe('head: steps of L-BFGS at the most.'),
  dropout: share
    .optional()
    .describe('fine-tune: before the last layer; scratch: in place of the rates in the network.'),
  label_smoothing: z.number().min(0).max(0.5).default(0),
  class_weights: z.boolean().default(false).describe('Count each class alike, however many images it has.'),
  augment: augmentSchema.prefault({}).describe('fine-tune, scratch, and the further `views` of head.'),
  input_size: z
    .int()
    .min(16)
    .max(512)
    .default(64)
    .describe('scratch with a preset: width and height of the images.'),
  validation_split: z
    .number()
    .min(0.05)
    .max(0.5)
    .default(0.2)
    .describe('Share of the images of each class without a split of their own that is validated on.'),
  early_stopping: z
    .int()
    .min(0)
    .max(1000)
    .default(0)
    .describe('End after so many epochs (head: iterations) without a better one; 0: never.'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(1)
    .describe('The same seed, data and settings give the same model.'),
} as const;

export const trainingSettingsSchema = z.strictObject(settingFields).meta({ id: 'TrainingSettings' });
export type TrainingSettings = z.infer<typeof trainingSettingsSchema>;

export const newTrainingSchema = z
  .strictObject({
    dataset: z.string().regex(TRAINING_ID, 'must be the id of a data set'),
    name: z
      .string()
      .regex(MODEL_NAME, 'must be lower-case letters, digits, ".", "_" and "-"; 63 characters at most')
      .describe('The model that gets the result as a version.'),
    label: z
      .string()
      .regex(LABEL_NAME, 'must be lower-case letters, digits, "_" and "-", a letter first')
      .nullable()
      .default(STABLE)
      .describe(`The label that the version gets: ${STABLE}, ${CANARY} or any; null: none.`),
    ...settingFields,
  })
  .meta({ id: 'NewTraining' });
export type NewTrainingRequest = z.infer<typeof newTrainingSchema>;

/** What follows from the method where nothing was said. */
export function withMethodDefaults(settings: TrainingSettings) {
  const fineTune = settings.method === 'fine-tune';
  const optimizer = settings.optimizer ?? (fineTune ? 'adamw' : 'adam');
  return {
    ...settings,
    optimizer,
    epochs: settings.epochs ?? (fineTune ? 10 : 20),
    learning_rate: settings.learning_rate ?? (fineTune ? 0.002 : optimizer === 'sgd' ? 0.01 : 0.001),
    schedule: settings.schedule ?? (fineTune ? ('one-cycle' as const) : ('constant' as const)),
    batch_normalization:
      settings.batch_normalization ?? (fineTune ? ('frozen' as const) : ('train' as const)),
  };
}
export type FullSettings = ReturnType<typeof withMethodDefaults>;

export const curvePointSchema = z
  .object({
    epoch: z.int(),
    loss: z.number(),
    accuracy: z.number().nullable(),
    macro_f1: z.number().nullable().describe('On the images trained on; null where it is not measured.'),
    validation_loss: z.number().nullable(),
    validation_accuracy: z.number().nullable(),
    validation_macro_f1: z.number().nullable(),
  })
  .meta({ id: 'TrainingEpoch', description: 'head: an iteration in place of an epoch.' });
export type CurvePoint = z.infer<typeof curvePointSchema>;

export const progressSchema = z
  .object({
    done: z.int().describe('Images prepared, or steps taken.'),
    of: z.int(),
    epoch: z.int().nullable(),
    epochs: z.int().nullable(),
    step: z.int().nullable().describe('Within the epoch, from 1.'),
    steps: z.int().nullable().describe('Of an epoch.'),
    loss: z.number().nullable(),
    accuracy: z.number().nullable().describe('Of the epoch so far, on the images trained on.'),
    seconds_left: z.number().nullable(),
  })
  .partial()
  .meta({ id: 'TrainingProgress' });
export type TrainingProgress = z.infer<typeof progressSchema>;

export const classMetricsSchema = z
  .object({
    class: z.string(),
    images: z.int(),
    precision: z.number(),
    recall: z.number(),
    f1: z.number(),
  })
  .meta({ id: 'ClassMetrics' });

/** What is measured on images, in three numbers. */
export const scoresSchema = z
  .object({ loss: z.number(), accuracy: z.number(), macro_f1: z.number() })
  .meta({ id: 'TrainingScores' });
export type Scores = z.infer<typeof scoresSchema>;

const testScoresSchema = scoresSchema
  .extend({ images: z.int(), accuracy_interval: z.tuple([z.number(), z.number()]) })
  .meta({ id: 'TestScores' });
export type TestScores = z.infer<typeof testScoresSchema>;

export const trainingMetricsSchema = z
  .object({
    images: z.object({ train: z.int(), validation: z.int() }),
    accuracy: z.number().describe('On the validation images, as is everything else here.'),
    accuracy_interval: z.tuple([z.number(), z.number()]).describe('Wilson, 95 %.'),
    macro_f1: z.number(),
    loss: z.number(),
    classes: z.array(classMetricsSchema),
    confusion: z.array(z.array(z.int())).describe('Images by true class (rows) and answered class.'),
    calibration: z
      .array(z.object({ confidence: z.number(), accuracy: z.number(), images: z.int() }))
      .describe('Mean confidence and accuracy in ten bins of confidence; empty ones are left out.'),
    calibration_error: z.number().describe('Mean difference of the two, by images.'),
    mistakes: z
      .array(z.object({ item: z.string(), class: z.string(), answered: z.string(), confidence: z.number() }))
      .describe('The 50 worst: wrong with the most confidence.'),
    train: scoresSchema.describe(
      'On the images trained on; fine-tune and scratch: as measured during the best epoch, with dropout and augmentation.',
    ),
    test: testScoresSchema
      .nullable()
      .describe('On the items with the split `test`, which take no other part; null: there is none.'),
    cpu_seconds: z.number(),
    images_per_cpu_second: z.number().describe('Images trained on, in all epochs, by CPU seconds.'),
  })
  .meta({ id: 'TrainingMetrics' });
export type TrainingMetrics = z.infer<typeof trainingMetricsSchema>;

/** What the result answered to one validation image. */
export const trainingAnswerSchema = z
  .object({
    item: z.string(),
    class: z.string(),
    answered: z.string(),
    confidence: z.number(),
    urls: z
      .object({ image: z.string(), thumbnail: z.string() })
      .nullable()
      .describe('Null: the item is not in the data set any more.'),
  })
  .meta({ id: 'TrainingAnswer' });
export type TrainingAnswerView = z.infer<typeof trainingAnswerSchema>;

/** A version that a training made, among the others of its model. */
export const trainedVersionSchema = z
  .object({
    training: z.string(),
    version: z.string(),
    method: z.enum(METHODS),
    dataset: z.object({ id: z.string(), name: z.string() }),
    ended_at: z.iso.datetime(),
    seconds: z.number().describe('From its start to its end.'),
    cpu_seconds: z.number(),
    images: z.object({ train: z.int(), validation: z.int() }),
    train: scoresSchema,
    validation: scoresSchema.extend({ accuracy_interval: z.tuple([z.number(), z.number()]) }),
    test: testScoresSchema.nullable(),
  })
  .meta({ id: 'TrainedVersion' });
export type TrainedVersion = z.infer<typeof trainedVersionSchema>;

export const trainingStatisticsSchema = z
  .object({
    states: z.record(z.enum(TRAINING_STATES), z.int()).describe('Trainings by state, all there ever were.'),
    models: z.array(z.object({ model: z.string(), versions: z.array(trainedVersionSchema) })),
  })
  .meta({ id: 'TrainingStatistics' });
export type TrainingStatistics = z.infer<typeof trainingStatisticsSchema>;

export const trainingSchema = z
  .object({
    id: z.string(),
    state: z.enum(TRAINING_STATES),
    dataset: z.object({
      id: z.string(),
      name: z.string(),
      hash: z.string().nullable().describe('SHA-256 of its labelled images as they were.'),
    }),
    method: z.enum(METHODS),
    settings: z.record(z.string(), z.unknown()),
    progress: progressSchema,
    curve: z.array(curvePointSchema),
    log: z.array(z.string()),
    error: z.string().nullable(),
    model: z.object({ name: z.string(), version: z.string().nullable(), label: z.string().nullable() }),
    metrics: trainingMetricsSchema.nullable(),
    created_at: z.iso.datetime(),
    started_at: z.iso.datetime().nullable(),
    ended_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Training' });
export type TrainingView = z.infer<typeof trainingSchema>;
