/** What clients see of the models: what each can be asked, and which workers serve it now. */
import { z } from 'zod';
import { LIBRARIES } from '../imaging/resample/libraries.js';
import { RESIZES } from '../imaging/resample/placement.js';
import { ENGINES, TASKS } from './manifest.js';

/** A version that a worker serves. */
export const workerModelSchema = z
  .object({
    name: z.string(),
    version: z.string(),
    engine: z.string().optional(),
    loaded: z
      .boolean()
      .optional()
      .describe('False: it is loaded when a prediction asks for it, and what it runs on is known then.'),
    device: z.string(),
    runtime: z.string().describe('Library and backend that really run it.'),
    notes: z
      .array(z.string())
      .optional()
      .describe('How it came to run this way, such as what it was converted from.'),
  })
  .meta({ id: 'WorkerModel' });
export type WorkerModel = z.infer<typeof workerModelSchema>;

export const modelViewSchema = z
  .object({
    name: z.string(),
    version: z.string().describe('What the name alone means: the version that `stable` points to.'),
    versions: z.array(z.string()).describe('Those that can be asked for as `name@version`, newest first.'),
    shares: z
      .array(z.object({ label: z.string(), version: z.string(), weight: z.number() }))
      .describe('Labels, with the percent of the traffic that each takes from `stable`.'),
    title: z.string().describe('What people call it; its name unless the manifest says otherwise.'),
    description: z.string(),
    samples: z.array(z.string()).describe('Paths of images to try it on.'),
    colors: z.record(z.string(), z.string()).describe('Colors of classes, by label, such as "#c0392b".'),
    task: z.enum(TASKS),
    engine: z.enum(ENGINES).describe('What runs it where it is served; otherwise what is tried first.'),
    default: z.boolean().describe('Used when a request names no model.'),
    labels: z.array(z.string()).describe('By class_index.'),
    input: z.object({
      width: z.int().nullable().describe('Pixels; null: as the model file says.'),
      height: z.int().nullable(),
      channels: z.enum(['rgb', 'bgr', 'gray']),
      resize: z.enum(RESIZES).describe('How images are brought to that size; see the manifest.'),
      crop: z.number().nullable(),
      align: z.enum(['center', 'start']),
      resample: z.enum(['fast', ...LIBRARIES]),
    }),
    unsure_below: z
      .number()
      .nullable()
      .describe('Below this confidence the first class says little; null for objects and areas.'),
    parameters: z
      .object({
        top_k: z.int().optional(),
        threshold: z.number().optional(),
        iou: z.number().optional(),
        max_detections: z.int().optional(),
      })
      .describe('What is used where a request says nothing.'),
    serving: z.boolean().describe('True when a worker serves it now; otherwise predictions wait for one.'),
    workers: z.array(
      workerModelSchema
        .pick({ version: true, device: true, runtime: true })
        .extend({ id: z.string(), engine: z.enum(ENGINES), notes: z.array(z.string()) }),
    ),
    problems: z
      .array(z.object({ worker: z.string(), message: z.string() }))
      .describe('Workers that could not load it.'),
  })
  .meta({ id: 'Model' });
export type ModelView = z.infer<typeof modelViewSchema>;

export const modelListSchema = z
  .object({
    items: z.array(modelViewSchema),
    default: z.string().nullable(),
    problems: z
      .array(
        z.object({
          name: z.string(),
          version: z.string().optional(),
          state: z
            .enum(['checking', 'rejected'])
            .optional()
            .describe('Of the version, where it is about one.'),
          message: z.string(),
        }),
      )
      .describe('Versions that are being checked or were rejected, and folders that hold no usable model.'),
  })
  .meta({ id: 'Models' });
export type ModelList = z.infer<typeof modelListSchema>;
