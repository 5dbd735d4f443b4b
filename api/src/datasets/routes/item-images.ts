/** The image of an item, as it came and smaller. */
import type { RequestHandler } from 'express';
import { problems } from '../../http/describe.js';
import { Problem } from '../../http/problems.js';
import type { Needs, Route } from '../../http/route.js';
import { check } from '../../http/validate.js';
import { isKnown } from '../../predictions/present.js';
import { sendImage, setImageHeaders } from '../../predictions/read/image.js';
import { imageResponses, sendRendering } from '../../predictions/read/rendered.js';
import { renderingName } from '../../rendering/renderer.js';
import { itemParams } from './views.js';

const failures = problems(
  'invalid-request',
  'unauthorized',
  'forbidden',
  'dataset-not-found',
  'item-not-found',
  'image-gone',
  'unreadable-image',
  'database-unavailable',
  'storage-unavailable',
);
const SIDE = 256;

function showing<Name extends 'datasets' | 'storage' | 'renderer'>(
  path: string,
  operationId: string,
  summary: string,
  type: 'image/jpeg' | 'image/*',
  handler: (services: Needs<Name>) => RequestHandler,
): Route<Name> {
  return {
    scope: 'read',
    description: {
      method: 'get',
      path,
      operationId,
      summary,
      tags: ['data sets'],
      request: { params: itemParams },
      responses: {
        ...imageResponses(summary, type),
        ...failures,
      },
    },
    handlers: (services) => [handler(services)],
  };
}

export const itemImage = showing<'datasets' | 'storage'>(
  '/v1/datasets/{id}/items/{item}/image',
  'itemImage',
  'The image of an item as it was uploaded',
  'image/*',
  ({ datasets, storage }) =>
    async (req, res) => {
      const { id, item } = check(itemParams, req.params);
      const { image } = await datasets.item(id, item);
      const tag = `"${image.sha256}"`;
      setImageHeaders(res, `image/${image.format}`, tag);
      if (isKnown(req, tag)) res.status(304).end();
      else if (await storage.has(image.sha256)) await sendImage(req, res, storage, image);
      else throw new Problem('image-gone', 'The image of this item is not kept any more.');
    },
);

export const itemThumbnail = showing<'datasets' | 'renderer'>(
  '/v1/datasets/{id}/items/{item}/thumbnail',
  'itemThumbnail',
  'The image of an item, 256 pixels at the most',
  'image/jpeg',
  ({ datasets, renderer }) =>
    async (req, res) => {
      const { id, item } = check(itemParams, req.params);
      const { image } = await datasets.item(id, item);
      const rendering = { name: renderingName('thumbnail', SIDE), sha256: image.sha256 };
      await sendRendering(res, rendering, () => renderer.thumbnail(image, SIDE));
    },
);
