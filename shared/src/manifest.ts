/**
 * A model's manifest: what `models/<name>/manifest.json` may say, its defaults, and reading a folder of them.
 * What a manifest leaves out about tensors (names, shapes) is read from the model file by the engine.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

export const TASKS = ['classification', 'detection'] as const;
export type Task = (typeof TASKS)[number];

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

const inputSchema = z
  .strictObject({
    name: z.string().optional().describe("The input's name; read from the model file when left out."),
    width: z.int().min(1).max(8192).optional().describe('Pixels; read from the model file when left out.'),
    height: z.int().min(1).max(8192).optional(),
    channels: z.enum(['rgb', 'bgr', 'gray']).default('rgb'),
    layout: z
      .enum(['nchw', 'nhwc'])
      .optional()
      .describe('Read from the shape in the model file when left out.'),
    type: z
      .enum(['float32', 'uint8'])
      .optional()
      .describe('Read from the model file when left out; uint8 takes the pixels as they are.'),
    resize: z
      .enum(['stretch', 'cover', 'contain'])
      .default('stretch')
      .describe(
        'stretch: to the exact size; cover: shorter side fitted, middle taken; contain: fitted inside and padded.',
      ),
    pad: z.int().min(0).max(255).default(114).describe('Gray level around a `contain` picture.'),
    align: z
      .enum(['center', 'start'])
      .default('center')
      .describe('Where a `contain` picture lies in its padding: in the middle, or at the top left (YOLOX).'),
    filter: z.enum(['bilinear', 'bicubic', 'nearest']).default('bilinear'),
    scale: z
      .number()
      .positive()
      .default(1 / 255)
      .describe('Pixels (0 to 255) are multiplied by this first.'),
    mean: z
      .array(z.number())
      .optional()
      .describe('Then this is subtracted, per channel in the order of `channels`.'),
    std: z.array(z.number().positive()).optional().describe('Then divided by this.'),
  })
  .prefault({});
export type InputManifest = z.infer<typeof inputSchema>;

const limits = {
  threshold: z.number().min(0).max(1).optional(),
  top_k: z.int().min(1).max(1000).default(5),
  iou: z.number().min(0).max(1).default(0.45),
  max_detections: z.int().min(1).max(1000).default(100),
};

const activation = z.enum(['none', 'sigmoid', 'softmax']).default('none');

const units = z
  .enum(['relative', 'pixels'])
  .describe('Relative to the model input (0 to 1), or in its pixels.');

const column = z
  .int()
  .min(0)
  .optional()
  .describe('First column, where one output holds several things side by side.');

const boxesSchema = z.strictObject({
  format: z.literal('boxes'),
  boxes: z.strictObject({
    name: z.string(),
    column,
    type: z.enum(['xyxy', 'yxyx', 'cxcywh']),
    units,
  }),
  scores: z.strictObject({
    name: z.string(),
    column,
    activation,
    background: z
      .int()
      .min(0)
      .optional()
      .describe('Index of the class that means "nothing", where scores are per class.'),
  }),
  classes: z
    .strictObject({
      name: z.string(),
      column,
      offset: z
        .int()
        .default(0)
        .describe("Subtracted from the model's numbers: 1 where they begin with a background."),
    })
    .optional()
    .describe('Left out where scores are per class.'),
  count: z.strictObject({ name: z.string() }).optional(),
  nms: z.boolean().default(false).describe('True when suppression is still to be done.'),
  ...limits,
});
export type BoxesOutput = z.infer<typeof boxesSchema>;

const outputSchema = z.discriminatedUnion('format', [
  z.strictObject({ format: z.literal('probabilities'), name: z.string().optional(), ...limits }),
  z.strictObject({ format: z.literal('logits'), name: z.string().optional(), ...limits }),
  z.strictObject({
    format: z.literal('yolov8'),
    name: z.string().optional(),
    units: units.default('pixels'),
    activation,
    ...limits,
  }),
  z.strictObject({
    format: z.literal('yolov5'),
    name: z.string().optional(),
    units: units.default('pixels'),
    ...limits,
  }),
  z.strictObject({
    format: z.literal('yolox'),
    name: z.string().optional(),
    strides: z.array(z.int().positive()).default([8, 16, 32]),
    decoded: z
      .boolean()
      .default(false)
      .describe('True when the export already turned grid offsets into pixels.'),
    ...limits,
  }),
  z.strictObject({ format: z.literal('ssd'), ...limits }),
  boxesSchema,
]);
export type OutputManifest = z.infer<typeof outputSchema>;

const DETECTION_FORMATS: readonly string[] = ['yolov8', 'yolov5', 'yolox', 'ssd', 'boxes'];

export const manifestSchema = z
  .strictObject({
    $schema: z.string().optional(),
    name: z.string().regex(MODEL_NAME, 'lower-case letters, digits, ".", "_" and "-"; 63 characters at most'),
    version: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,32}$/)
      .default('1'),
    description: z.string().default(''),
    default: z.boolean().default(false).describe('Used when a request names no model.'),
    task: z.enum(TASKS),
    engine: z.enum(ENGINES),
    file: fileName,
    labels: z.union([z.array(z.string().min(1)).min(1), fileName]),
    input: inputSchema,
    output: outputSchema,
    batch: z
      .strictObject({
        max: z.int().min(1).max(256).default(16),
        delay_ms: z.number().min(0).max(1000).default(2),
      })
      .prefault({}),
    images: z
      .enum(['keep', 'by-class', 'delete'])
      .default('keep')
      .describe('keep; by-class: also linked under results/<model>/<class>/; delete: removed once answered.'),
  })
  .superRefine((manifest, context) => {
    const detects = DETECTION_FORMATS.includes(manifest.output.format);
    if (detects !== (manifest.task === 'detection')) {
      const message = `format "${manifest.output.format}" does not fit task "${manifest.task}"`;
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

/** A manifest that was checked, with its labels read and its folder known. */
export interface Model extends Omit<Manifest, 'labels'> {
  readonly labels: readonly string[];
  /** Absolute path of the model's folder. */
  readonly folder: string;
  /** Absolute path of the weights. */
  readonly file: string;
}

/** Why a model cannot be served: one sentence naming file and field. */
export interface ModelProblem {
  readonly name: string;
  readonly message: string;
}

export interface ModelCatalogue {
  readonly models: ReadonlyMap<string, Model>;
  readonly problems: readonly ModelProblem[];
  /** The model used when a request names none. */
  readonly defaultModel: string | null;
}

function describeIssues(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || 'manifest'}: ${issue.message}`).join('; ');
}

async function readLabels(manifest: Manifest, folder: string): Promise<readonly string[]> {
  if (typeof manifest.labels !== 'string') return manifest.labels;
  const file = path.join(folder, manifest.labels);
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`labels: ${file} cannot be read (${cause.code ?? cause.message})`, { cause });
  });
  const labels = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (labels.length === 0) throw new Error(`labels: ${file} holds no label; write one per line`);
  return labels;
}

/**
 * Reads and checks one model folder.
 * @throws Error with one sentence that names the file and the field that is wrong.
 */
export async function loadModel(folder: string): Promise<Model> {
  const manifestFile = path.join(folder, 'manifest.json');
  const text = await readFile(manifestFile, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`${manifestFile} cannot be read (${cause.code ?? cause.message})`, { cause });
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(`${manifestFile} is not valid JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) throw new Error(`${manifestFile}: ${describeIssues(parsed.error)}`);
  const manifest = parsed.data;
  if (manifest.name !== path.basename(folder)) {
    throw new Error(
      `${manifestFile}: name: "${manifest.name}" must be the folder's name, "${path.basename(folder)}"`,
    );
  }
  try {
    const file = path.join(folder, manifest.file);
    await stat(file).catch(() => {
      throw new Error(`file: ${file} does not exist`);
    });
    return { ...manifest, labels: await readLabels(manifest, folder), folder, file };
  } catch (error) {
    throw new Error(`${manifestFile}: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Reads every model folder under `directory`. A wrong one becomes a problem and the others still serve.
 * @param only names to load; undefined loads all
 */
export async function loadModels(directory: string, only?: readonly string[]): Promise<ModelCatalogue> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`MODELS_DIR: ${directory} cannot be read (${cause.code ?? cause.message})`, { cause });
  });
  const names = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name);
  const models = new Map<string, Model>();
  const problems: ModelProblem[] = [];
  for (const name of names.sort()) {
    if (only && !only.includes(name)) continue;
    try {
      models.set(name, await loadModel(path.resolve(directory, name)));
    } catch (error) {
      problems.push({ name, message: (error as Error).message });
    }
  }
  for (const name of only ?? []) {
    if (!names.includes(name))
      problems.push({ name, message: `WORKER_MODELS names "${name}", but ${directory} has no such folder` });
  }
  const preferred = [...models.values()].find((model) => model.default) ?? models.values().next().value;
  return { models, problems, defaultModel: preferred?.name ?? null };
}
