/** GET /v1/predictions/{id}/image: the upload, byte by byte as it came. */
import type { ImageFormat } from '@scry/shared/contracts/prediction';
import type { Response } from 'express';
import { z } from 'zod';
import { idParams, problems } from '../../http/describe.js';
import { Problem } from '../../http/problems.js';
import type { Route } from '../../http/route.js';
import { isKnown } from '../present.js';
import { findPrediction } from './find.js';

/** What browsers are told: ids are secrets, so private; content-addressed, so it never changes. */
export const FOR_EVER = 'private, max-age=31536000, immutable';

/** Images come from strangers: nothing in them may run, whatever a browser takes them for. */
export const SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

const mediaType = (format: ImageFormat) => `image/${format}`;

/** An image that a manifest lets be deleted, or that someone took from the volume. */
export function imageGone(): Problem {
  return new Problem('image-gone', 'The image of this prediction is not kept any more. Its answer is.');
}

/** Headers of every answer that is an image. */
export function setImageHeaders(res: Response, type: string, tag: string): void {
  res.set({
    'Content-Type': type,
    'Content-Security-Policy': SANDBOX,
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Cache-Control': FOR_EVER,
    ETag: tag,
  });
}

/** Sends a stored image. @throws Problem "image-gone" */
export function sendImage(res: Response, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    res.sendFile(
      file,
      { dotfiles: 'allow', cacheControl: false, lastModified: false },
      (error?: NodeJS.ErrnoException) => {
        if (!error || error.code === 'ECONNABORTED' || error.code === 'EPIPE')
          resolve(); // the client left
        else reject(error.code === 'ENOENT' ? imageGone() : error);
      },
    );
  });
}

export const predictionImage: Route = {
  scope: 'any',
  description: {
    method: 'get',
    path: '/v1/predictions/{id}/image',
    operationId: 'predictionImage',
    summary: 'The image as it was uploaded',
    tags: ['images'],
    request: { params: idParams },
    responses: {
      200: {
        description: 'The image.',
        content: { 'image/*': { schema: z.string().meta({ format: 'binary' }) } },
      },
      304: { description: 'The client has it.' },
      ...problems('prediction-not-found', 'image-gone', 'database-unavailable', 'storage-unavailable'),
    },
  },
  handlers: (services) => [
    async (req, res) => {
      const { image } = await findPrediction(services, req);
      const tag = `"${image.sha256}"`;
      setImageHeaders(res, mediaType(image.format), tag);
      if (isKnown(req, tag)) res.status(304).end();
      else await sendImage(res, services.storage.path(image.sha256));
    },
  ],
};
