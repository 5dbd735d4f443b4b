/**
 * A model's manifest: what `models/<name>/manifest.json` may say, and its defaults. What it leaves out about tensors
 * (names, shapes, types) is read from the model file by the engine.
 */
import path from 'node:path';
import { z } from 'zod';
import { FILTERS, LIBRARIES } from '../imaging/resample/libraries.js';
import { RESIZES } from '../imaging/resample/placement.js';
import { outputManifestSchema, TASKS, taskSpec } from '../tasks/registry.js';
import { checkResampling, withResamplingDefaults } from './resampling.js';

export { type OutputManifest, TASKS, type Task } from '../tasks/registry.js';

export const ENGINES = ['onnx', 'tfjs'] as const;
export type EngineName = (typeof ENGINES)[number];

/** Names become folder names, queue names and URL segments. */
export const MODEL_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

const fileName = z
  .string()
  .min(1)
  .refine((name) => !path.isAbsolute(name) && !name.split(/[\\/]/).includes('..'), {
    message: 'must be a path inside the model folder',
  });

/** Formats that every browser shows. */
const SAMPLE_NAME = /\.(jpe?g|png|webp|gif|avif)$/i;
const MOST_SAMPLES = 12;

const level = z.int().min(0).max(255);

export const inputSchema = z
  .strictObject({
    name: z.string().optional().describe("The input's name; read from the model file when left out."),
    width: z.int().min(1).max(8192).optional().describe('Pixels; read from the model file when left out.'),
    height: z.int().min(1).max(8192).optional().describe('As `width`.'),
    channels: z
      .enum(['rgb', 'bgr', 'gray'])
      .default('rgb')
      .describe('Which channels the model was trained with, and in which order.'),
    layout: z
      .enum(['nchw', 'nhwc'])
      .optional()
      .describe('Read from the shape in the model file when left out.'),
    type: z
      .enum(['float32', 'uint8', 'int8'])
      .optional()
      .describe(
        'Read from the model file when left out; uint8 takes the pixels as they are, int8 takes them less 128.',
      ),
    resample: z
      .enum(['fast', ...LIBRARIES])
      .default('fast')
      .describe(
        'Whose resizing the model was trained with, computed exactly: pillow (also torchvision and timm on PIL images), opencv (Ultralytics), tensorflow (Keras), torch (tensors); fast: libvips, nearly so.',
      ),
    filter: z
      .enum(FILTERS)
      .default('bilinear')
      .describe('How pixels are resampled; which filters there are depends on `resample`.'),
    antialias: z
      .boolean()
      .default(false)
      .describe(
        'tensorflow, torch: average when reducing. pillow and fast always do, opencv only with `area`.',
      ),
    resize: z
      .enum(RESIZES)
      .optional()
      .describe(
        'stretch (the default): to the exact size; cover (the default with `crop`): shorter side scaled, middle taken; contain: fitted inside and padded; fit: the largest middle part with the proportions of the input is cut out and scaled (Keras crop_to_aspect_ratio, Pillow ImageOps.fit, Teachable Machine).',
      ),
    crop: z
      .number()
      .positive()
      .optional()
      .describe(
        'cover: what the shorter side is scaled to before the middle is taken, such as 256; or the share that is kept, such as 0.875.',
      ),
    pad: z
      .union([level, z.array(level).length(3)])
      .optional()
      .describe(
        'Level around a `contain` image, or one per channel in the order of `channels`. Default: 114 with opencv and fast, 0 with the other libraries.',
      ),
    align: z
      .enum(['center', 'start'])
      .default('center')
      .describe('Where a `contain` image lies in its padding: in the middle, or at the top left (YOLOX).'),
    scale: z
      .number()
      .refine((scale) => scale !== 0, { message: 'must not be 0' })
      .default(1 / 255)
      .describe('Pixels (0 to 255) are multiplied by this first. Below 0 it inverts them.'),
    mean: z
      .array(z.number())
      .optional()
      .describe('Then this is subtracted, per channel in the order of `channels`.'),
    std: z.array(z.number().positive()).optional().describe('Then divided by this.'),
  })
  .superRefine(checkResampling)
  .transform(withResamplingDefaults)
  .prefault({});
export type InputManifest = z.infer<typeof inputSchema>;

export const manifestSchema = z
  .strictObject({
    $schema: z.string().optional(),
    name: z
      .string()
      .describe("The model's name: that of its folder.")
      .regex(MODEL_NAME, 'lower-case letters, digits, ".", "_" and "-"; 63 characters at most'),
    version: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,32}$/)
      .default('1'),
    title: z.string().min(1).max(80).optional().describe('What people call it; its name when left out.'),
    description: z.string().default('').describe('One line for people.'),
    samples: z
      .array(fileName.regex(SAMPLE_NAME, 'must be a .jpg, .jpeg, .png, .webp, .gif or .avif file'))
      .max(MOST_SAMPLES)
      .default([])
      .describe('Images in the folder that people can try it on; those that are not there are left out.'),
    colors: z
      .record(z.string(), z.string().regex(/^#[0-9a-fA-F]{6}$/, 'must be a color such as "#c0392b"'))
      .default({})
      .describe('Colors of classes, by label; boxes and masks take the hue.'),
    default: z.boolean().default(false).describe('Used when a request names no model.'),
    task: z.enum(TASKS).describe('What the outputs mean.'),
    engine: z
      .enum(ENGINES)
      .optional()
      .describe(
        'onnx: ONNX Runtime, other files converted first; tfjs: TensorFlow.js. Left out: onnx, and tfjs for what cannot be converted.',
      ),
    file: fileName.describe(
      "The model, inside its folder: .onnx, TensorFlow.js' model.json, .keras, .h5, .hdf5, or darknet's .cfg with its .weights beside it.",
    ),
    labels: z
      .union([z.array(z.string().min(1)).min(1), fileName])
      .describe('Names of the classes in the order of the outputs, or a text file with one per line.'),
    input: inputSchema,
    output: outputManifestSchema,
    batch: z
      .strictObject({
        max: z
          .int()
          .min(1)
          .max(256)
          .default(16)
          .describe(
            'Images in one run at the most. A batch fixed in the model file limits it further, and so does a CPU, on which more rarely pay.',
          ),
        delay_ms: z
          .number()
          .min(0)
          .max(1000)
          .default(2)
          .describe('How long the first image waits for company while more are on their way.'),
      })
      .prefault({}),
    images: z
      .enum(['keep', 'by-class', 'delete'])
      .default('keep')
      .describe('keep; by-class: also linked under results/<model>/<class>/; delete: removed once answered.'),
  })
  .superRefine((manifest, context) => {
    const { formats } = taskSpec(manifest.task);
    if (!formats.includes(manifest.output.format)) {
      const message = `format "${manifest.output.format}" does not fit task "${manifest.task}", which has ${formats.join(', ')}`;
      context.addIssue({ code: 'custom', path: ['output', 'format'], message });
    }
    const channels = manifest.input.channels === 'gray' ? 1 : 3;
    for (const field of ['mean', 'std'] as const) {
      const values = manifest.input[field];
      if (values && values.length !== channels) {
        const message = `needs ${channels} numbers, one per channel, but has ${values.length}`;
        context.addIssue({ code: 'custom', path: ['input', field], message });
      }
    }
  });
export type Manifest = z.infer<typeof manifestSchema>;

/** The schema for editors, as `models/manifest.schema.json` keeps it (see scripts/manifest-schema.mjs). */
export function manifestJsonSchema(): object {
  const { $schema, ...rest } = z.toJSONSchema(manifestSchema, { io: 'input' });
  return { $schema, title: "A model's manifest", ...rest };
}
