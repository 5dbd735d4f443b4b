/** GET /v1/models/{name}/samples/{n}: images in a model's folder that people can try it on, as its manifest names them. */
import type { VersionFile } from '@scry/shared/contracts/version';
import { FORMAT_BYTES, imageFormat } from '@scry/shared/imaging/format';
import { modelBlob } from '@scry/shared/models/version-content';
import { z } from 'zod';
import { problems } from '../http/describe.js';
import { Problem } from '../http/problem.js';
import type { Route } from '../http/route.js';
import { setImageHeaders } from '../predictions/read/image.js';
import { type ReadyVersion, shownVersion } from './model-registry.js';

/** A sample is sent whole: a larger file is no sample. */
const MOST_BYTES = 10_000_000;

export const samplePath = (name: string, index: number): string =>
  `/v1/models/${encodeURIComponent(name)}/samples/${index}`;

/** Files of a version that its manifest names as samples and that are there. */
export function samplesOf({ manifest, files }: Pick<ReadyVersion, 'manifest' | 'files'>): VersionFile[] {
  return manifest.samples.flatMap(
    (sample) => files.find(({ path, bytes }) => path === sample && bytes <= MOST_BYTES) ?? [],
  );
}

export const modelSample: Route<'models' | 'blobs'> = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/models/{name}/samples/{n}',
    operationId: 'modelSample',
    summary: 'An image to try a model on',
    tags: ['models'],
    request: {
      params: z.object({
        name: z.string(),
        n: z
          .string()
          .regex(/^\d{1,4}$/)
          .describe('Place in `samples` of the manifest, from 0.'),
      }),
    },
    responses: {
      200: {
        description: 'The image as it lies in the folder.',
        content: { 'image/*': { schema: z.string().meta({ format: 'binary' }) } },
      },
      304: { description: 'The client has it.' },
      ...problems('unknown-model', 'not-found', 'storage-unavailable'),
    },
  },
  handlers: ({ models, blobs }) => [
    async (req, res) => {
      const { name, n } = req.params;
      const model = models.find(String(name));
      const file = samplesOf(shownVersion(model))[Number(n)];
      const data = file && (await blobs.read(modelBlob(file.sha256)));
      // What a file is, its first bytes say: nothing else than an image is sent as one.
      const format = data && imageFormat(data.subarray(0, FORMAT_BYTES));
      if (!file || !format) throw new Problem('not-found', `Model "${model.name}" has no such sample.`);
      setImageHeaders(res, `image/${format}`, `"${file.sha256}"`);
      // The same address shows another image once another version is stable.
      res.set('Cache-Control', 'private, no-cache');
      if (req.fresh) res.status(304).end();
      else res.send(data);
    },
  ],
};
