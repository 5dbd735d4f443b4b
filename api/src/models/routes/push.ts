/** POST /v1/models: a version comes in, is kept, and is checked by a worker. */
import { LABEL_NAME, STABLE, VERSION_NAME, versionViewSchema } from '@scry/shared/contracts/version';
import { z } from 'zod';
import { json, problems } from '../../http/describe.js';
import type { Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import { discardAll } from '../incoming-file.js';
import { modelIntake } from '../intake.js';
import { LABEL_HELP, VERSION_HELP } from '../version-problems.js';
import { presentVersion } from './version-view.js';

const text = (description: string) => z.string().optional().describe(description);

const formSchema = z
  .object({
    file: z
      .string()
      .meta({ format: 'binary' })
      .describe(
        'The weights: .onnx, .keras, .h5, .hdf5, model.json with its shards, .cfg with .weights, or a zip of a model folder. May come several times.',
      ),
    labels: z.string().meta({ format: 'binary' }).optional().describe('A text file with one label per line.'),
    manifest: text('JSON; what it leaves out is read from the files.'),
    name: text("The model's name; that of the manifest or the file when left out."),
    version: text(
      'The name of the version; "auto": the next number. Left out: that of the manifest, or the next number.',
    ),
    label: text('The label that it gets once it is ready: "stable" when left out, "none" for none.'),
    weight: text('Percent of the traffic, for a label other than "stable".'),
  })
  .meta({ id: 'ModelForm', description: 'multipart/form-data' });

const fieldsSchema = z.strictObject({
  name: z.string().max(63).optional(),
  version: z.string().regex(VERSION_NAME, VERSION_HELP).optional(),
  label: z.union([z.literal('none'), z.string().regex(LABEL_NAME, LABEL_HELP)]).default(STABLE),
  weight: z.coerce.number().min(0).max(100).default(0),
});

/** As the name of a version: the next number, also where the manifest names one. */
const AUTO = 'auto';

const versionIn = ({ version }: Readonly<Record<string, unknown>>): string | undefined =>
  typeof version === 'string' && VERSION_NAME.test(version) ? version : undefined;

export const pushModel: Route<'versions' | 'labels' | 'blobs' | 'storage' | 'config' | 'serving'> = {
  scope: 'models:write',
  description: {
    method: 'post',
    path: '/v1/models',
    operationId: 'pushModel',
    summary: 'Add a version of a model',
    description:
      'The version is checked by a worker and then ready, or rejected with a reason. The same content again is the same version.',
    tags: ['models'],
    request: { body: { required: true, content: { 'multipart/form-data': { schema: formSchema } } } },
    responses: {
      200: json(versionViewSchema, 'The model has this content already.'),
      202: json(versionViewSchema, 'Kept, and being checked.'),
      ...problems(
        'invalid-request',
        'invalid-multipart',
        'unauthorized',
        'forbidden',
        'version-taken',
        'too-large',
        'unsupported-body',
        'storage-unavailable',
        'database-unavailable',
        'storage-full',
      ),
    },
  },
  handlers: ({ versions, labels, blobs, storage, config, serving }) => {
    const receive = modelIntake(blobs, {
      maxBytes: config.MAX_MODEL_BYTES,
      space: () => storage.space(),
    });
    return [
      async (req, res) => {
        const upload = await receive(req, res);
        try {
          const { name, version, label, weight } = check(fieldsSchema, upload.fields);
          const pushed = await versions.push({
            name: name ?? upload.suggestedName,
            version: version === AUTO ? undefined : (version ?? versionIn(upload.manifest)),
            label: label === 'none' ? null : { label, weight },
            manifest: upload.manifest,
            files: upload.files,
            source: 'upload',
            createdBy: req.keyId ?? null,
          });
          const view = presentVersion(
            pushed.version,
            await labels.list(pushed.version.name),
            await serving.workers(),
          );
          res
            .status(pushed.created ? 202 : 200)
            .location(`/v1/models/${view.model}/versions/${view.version}`)
            .json(view);
        } finally {
          await discardAll(upload.files);
        }
      },
    ];
  },
};
